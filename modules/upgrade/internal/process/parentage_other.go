//go:build unix && !linux

package process

import (
	"os"
	"syscall"
)

// parentage: a successor is a child of this process; there is no systemd here.
type parentage struct{}

func newParentage(*Supervisor) *parentage { return &parentage{} }

func (*parentage) attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func (*parentage) wait(proc *os.Process) (*os.ProcessState, error) { return proc.Wait() }
