package resting

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// most is how many events are handled at a time.
const most = 256

// poller is an epoll set. Go's poller waits for its descriptor, so that no thread
// is blocked: epoll(7), questions 5 and 6.
type poller struct {
	fd     int
	file   *os.File
	raw    syscall.RawConn
	kernel [most]unix.EpollEvent
	events [most]event
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	_ = unix.SetNonblock(fd, true) // os.NewFile checks the mode
	p := &poller{fd: fd, file: os.NewFile(uintptr(fd), "epoll")}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// add adds fd, which must not be in the set already. The number comes back with its
// event.
func (p *poller) add(fd int, number uint32) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP, Fd: int32(fd), Pad: int32(number)}
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &e))
}

// remove removes fd. It is called before fd is closed: epoll keeps a socket that
// another process holds too.
func (p *poller) remove(fd int) { _ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil) }

// wait blocks until there are events, or until close. The events are valid until
// the next call.
func (p *poller) wait() ([]event, error) {
	n := 0
	err := p.raw.Read(func(fd uintptr) bool {
		var err error
		for err = unix.EINTR; err == unix.EINTR; {
			n, err = unix.EpollWait(int(fd), p.kernel[:], 0)
		}
		return err == nil && n > 0
	})
	if err != nil {
		return nil, err
	}
	for i, e := range p.kernel[:n] {
		const hangup = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
		p.events[i] = event{int(e.Fd), uint32(e.Pad), e.Events&hangup != 0}
	}
	return p.events[:n], nil
}

func (p *poller) close() { _ = p.file.Close() }
