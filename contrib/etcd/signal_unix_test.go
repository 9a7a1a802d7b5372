//go:build unix

package etcd_test

import (
	"os"
	"syscall"
)

func signalSelf(name string) { signalTo(os.Getpid(), name) }

func signalTo(pid int, name string) {
	_ = syscall.Kill(pid, map[string]syscall.Signal{"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT, "KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM, "USR2": syscall.SIGUSR2}[name])
}
