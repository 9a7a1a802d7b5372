// Package unit finds the process of a systemd unit, its environment and its files.
package unit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrNoProcess is returned for a unit that has no main process now.
var ErrNoProcess = errors.New("has no main process")

// Process is the main process of a unit.
type Process struct {
	UID     int
	proc    string // its directory in /proc
	environ []byte
}

// Main asks systemctl for the main process of a unit, and blocks until it has an
// answer or ctx ends. Only root and the user of the unit may read the environment
// of the process, see proc_pid_environ(5).
func Main(ctx context.Context, name string) (p Process, err error) {
	var complaint bytes.Buffer
	ask := exec.CommandContext(ctx, "systemctl", "show", "--property=MainPID", "--value", "--", name)
	ask.Stderr = &complaint
	out, err := ask.Output()
	if err != nil {
		return p, fmt.Errorf("ask systemd for unit %s: %w: %s", name, err, strings.TrimSpace(complaint.String()))
	}
	pid := strings.TrimSpace(string(out))
	if n, err := strconv.Atoi(pid); err != nil || n <= 0 {
		return p, fmt.Errorf("unit %s %w: it is not running, or no such unit exists", name, ErrNoProcess)
	}
	p.proc = filepath.Join("/proc", pid)
	if p.environ, err = os.ReadFile(filepath.Join(p.proc, "environ")); err != nil {
		return p, fmt.Errorf("the main process of unit %s: %w", name, err)
	}
	status, err := os.ReadFile(filepath.Join(p.proc, "status"))
	if err != nil {
		return p, fmt.Errorf("the main process of unit %s: %w", name, err)
	}
	if p.UID, err = effectiveUID(status); err != nil {
		return p, fmt.Errorf("the user of unit %s: %w", name, err)
	}
	return p, nil
}

// Env returns a variable of the environment the process started with, "" if unset.
func (p Process) Env(key string) string {
	for entry := range bytes.SplitSeq(p.environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(entry, []byte(key+"=")); ok {
			return string(value)
		}
	}
	return ""
}

// Path returns the path by which this process reaches a file of that one: its /tmp
// may be private (PrivateTmp=), or its root another directory.
func (p Process) Path(elem ...string) string {
	return filepath.Join(append([]string{p.proc, "root"}, elem...)...)
}

// effectiveUID returns the second number of "Uid:", see proc_pid_status(5).
func effectiveUID(status []byte) (int, error) {
	for line := range bytes.Lines(status) {
		if fields := strings.Fields(string(line)); len(fields) > 2 && fields[0] == "Uid:" {
			return strconv.Atoi(fields[2])
		}
	}
	return 0, errors.New("its status has no Uid")
}
