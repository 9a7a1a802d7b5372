package process

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// parentage decides whose child a successor is: this process's or, where a
// supervisor or a service manager has started this process, the child of that one.
// systemd waits only for its own children: a main process that is another's child,
// even one that MAINPID has named, it kills at the moment when it asks it to stop.
type parentage struct {
	pidfd      int
	supervised bool
}

func newParentage(s *Supervisor) *parentage {
	return &parentage{pidfd: -1, supervised: s != nil && s.parent}
}

func (p *parentage) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if p.supervised || os.Getenv("NOTIFY_SOCKET") != "" {
		a.Cloneflags, a.PidFD = syscall.CLONE_PARENT, &p.pidfd
	}
	return a
}

// wait blocks until proc has ended. The exit state of the manager's child is not
// known, since it goes to its parent.
func (p *parentage) wait(proc *os.Process) (*os.ProcessState, error) {
	if p.pidfd < 0 {
		return proc.Wait()
	}
	defer unix.Close(p.pidfd)
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(p.pidfd), Events: unix.POLLIN}}, -1)
		if err == nil {
			return nil, proc.Release()
		}
		if !errors.Is(err, unix.EINTR) {
			return nil, fmt.Errorf("wait for process %d: %w", proc.Pid, err)
		}
	}
}
