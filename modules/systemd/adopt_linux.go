package systemd

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// adopt makes descriptors of the numbers from first on. If it fails because of what
// it finds, nothing has changed.
func adopt(first int, names []string) ([]*descriptor, error) {
	kinds := make([]kind, len(names))
	for i := range names {
		k, err := inspect(first + i)
		if err != nil {
			return nil, err
		}
		kinds[i] = k
	}
	fds := make([]*descriptor, len(names))
	for i, name := range names {
		unix.CloseOnExec(first + i)
		d, err := open(first+i, kinds[i], name)
		if err != nil {
			return nil, fmt.Errorf("descriptor %d (%s): %w", first+i, name, err)
		}
		fds[i] = d
	}
	return fds, nil
}

// inspect returns what fd can be used for, or an error if it cannot have been
// passed: a descriptor that closes on exec was opened by this process, and is in
// use here.
func inspect(fd int) (kind, error) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil {
		return 0, fmt.Errorf("descriptor %d is not open: %w", fd, err)
	}
	if flags&unix.FD_CLOEXEC != 0 {
		return 0, fmt.Errorf("descriptor %d was not passed to this process but opened by it, or another package has taken it already: %w", fd, unix.EBADF)
	}
	typ, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return other, nil
	}
	switch typ {
	case unix.SOCK_STREAM, unix.SOCK_SEQPACKET:
		if accepts, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && accepts == 1 {
			return listening, nil
		}
	case unix.SOCK_DGRAM:
		return datagrams, nil
	}
	return other, nil
}
