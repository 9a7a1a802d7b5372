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

// add waits for fd, once. The number comes back with its event. again says that a
// socket with this descriptor has been in before, so that it is probably still
// known. None is taken out when its event has come or it moves: it is likely to
// come back, or else the kernel forgets it when it is closed. If another process
// has it by then, its event, which is at most one, has an old number. A socket that
// comes back from there may meet its old entry.
func (p *poller) add(fd int, number uint32, again bool) error {
	e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(fd), Pad: int32(number)}
	likely, other, wrong := unix.EPOLL_CTL_ADD, unix.EPOLL_CTL_MOD, unix.EEXIST
	if again {
		likely, other, wrong = unix.EPOLL_CTL_MOD, unix.EPOLL_CTL_ADD, unix.ENOENT
	}
	err := unix.EpollCtl(p.fd, likely, fd, &e)
	if err == wrong {
		err = unix.EpollCtl(p.fd, other, fd, &e)
	}
	return os.NewSyscallError("epoll_ctl", err)
}

// forget takes fd out.
func (p *poller) forget(fd int) { _ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil) }

// run calls handle with events as they come, until close. The slice is not
// handle's to keep.
func (p *poller) run(handle func([]event)) {
	_ = p.raw.Read(func(uintptr) bool {
		for {
			events, err := p.ready()
			if err != nil {
				return true
			}
			handle(events)
			if len(events) < most {
				return false // what comes from now on wakes Go's poller
			}
		}
	})
}

// ready returns the events that have come. It does not block.
func (p *poller) ready() ([]event, error) {
	n, err := 0, error(unix.EINTR)
	for err == unix.EINTR {
		n, err = unix.EpollWait(p.fd, p.kernel[:], 0)
	}
	if err != nil {
		return nil, os.NewSyscallError("epoll_wait", err)
	}
	for i, e := range p.kernel[:n] {
		const hangup = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
		p.events[i] = event{int(e.Fd), uint32(e.Pad), e.Events&hangup != 0}
	}
	return p.events[:n], nil
}

func (p *poller) close() { _ = p.file.Close() }
