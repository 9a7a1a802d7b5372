package upgrade

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// lineage says whose child a successor is: ours, or, where a service manager
// has started us, the manager's, as we are. systemd waits only for children of
// its own; a main process that is another's it kills in the same instant in
// which it tells it to stop, also when it was told of it by MAINPID.
type lineage struct{ pidfd int }

func newLineage() *lineage { return &lineage{pidfd: -1} }

func (l *lineage) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if os.Getenv("NOTIFY_SOCKET") != "" {
		a.Cloneflags, a.PidFD = syscall.CLONE_PARENT, &l.pidfd
	}
	return a
}

// wait blocks until p has ended. Of the manager's child there is no state to
// be had, since that goes to its parent, only the news.
func (l *lineage) wait(p *os.Process) (*os.ProcessState, error) {
	if l.pidfd < 0 {
		return p.Wait()
	}
	defer unix.Close(l.pidfd)
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(l.pidfd), Events: unix.POLLIN}}, -1)
		if err == nil {
			return nil, p.Release()
		}
		if !errors.Is(err, unix.EINTR) {
			return nil, fmt.Errorf("wait for process %d: %w", p.Pid, err)
		}
	}
}
