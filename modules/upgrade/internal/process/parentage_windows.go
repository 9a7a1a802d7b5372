package process

import "os"

// parentage is never used: there are no upgrades here.
type parentage struct{}

func newParentage(*Supervisor) *parentage { return &parentage{} }

func (*parentage) wait(proc *os.Process) (*os.ProcessState, error) { return proc.Wait() }
