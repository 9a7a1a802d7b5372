package report

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is where the figures come from; they mean nothing without it.
type Machine struct {
	CPU        string
	Cores      int
	OS         string
	Go         string
	LoadBefore string // load average when the run began
	LoadAfter  string
}

// ThisMachine describes the machine. What cannot be read stays empty.
func ThisMachine() Machine {
	return Machine{
		CPU:        cpuModel(),
		Cores:      runtime.NumCPU(),
		OS:         strings.TrimSpace(runtime.GOOS + "/" + runtime.GOARCH + " " + read("/proc/sys/kernel/osrelease")),
		Go:         runtime.Version(),
		LoadBefore: Load(),
	}
}

// Load is the load average over 1, 5 and 15 minutes.
func Load() string {
	fields := strings.Fields(read("/proc/loadavg"))
	if len(fields) < 3 {
		return ""
	}
	return strings.Join(fields[:3], " ")
}

func (m Machine) String() string {
	return fmt.Sprintf("%s, load average %s before, %s after", m.itself(), m.LoadBefore, m.LoadAfter)
}

// itself is the machine without what else it had to do.
func (m Machine) itself() string {
	return fmt.Sprintf("%d × %s, %s, %s", m.Cores, m.CPU, m.OS, m.Go)
}

func read(path string) string {
	text, _ := os.ReadFile(path)
	return strings.TrimSpace(string(text))
}

func cpuModel() string {
	for line := range strings.Lines(read("/proc/cpuinfo")) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}
