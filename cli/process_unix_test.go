//go:build unix

package cli_test

import (
	"os/exec"
	"syscall"
)

// ownFamily puts the process and its successors into a new group.
func ownFamily(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killFamily(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }
