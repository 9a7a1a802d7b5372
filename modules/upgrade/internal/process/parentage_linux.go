package process

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// parentage decides whose child a successor is: this process's or, where a
// supervisor or a service manager has started this one, its child, as this one is.
// systemd waits only for its children; a main process that is another's child, even
// one it was told of by MAINPID, it kills in the instant in which it asks it to
// stop.
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

// wait blocks until proc has ended. The state of the manager's child is not known,
// since that goes to its parent; only that it has ended.
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
