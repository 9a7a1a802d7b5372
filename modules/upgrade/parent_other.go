//go:build unix && !linux

package upgrade

import (
	"os"
	"syscall"
)

// lineage: a successor is our child; there is no systemd here.
type lineage struct{}

func newLineage() *lineage { return &lineage{} }

func (*lineage) attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func (*lineage) wait(p *os.Process) (*os.ProcessState, error) { return p.Wait() }
