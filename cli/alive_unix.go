//go:build unix

package cli

import "syscall"

// alive reports whether there is a process with that id.
func alive(pid int) bool { return pid > 0 && syscall.Kill(pid, 0) != syscall.ESRCH }
