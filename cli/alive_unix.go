//go:build unix

package cli

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// alive reports whether there is a process with that id that has not ended. One
// that has, and that its parent does not wait for, is a zombie: where /proc is, its
// state is Z (proc_pid_stat(5)).
func alive(pid int) bool {
	if pid <= 0 || syscall.Kill(pid, 0) == syscall.ESRCH {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return !os.IsNotExist(err) || !isDir("/proc/self")
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func isDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}
