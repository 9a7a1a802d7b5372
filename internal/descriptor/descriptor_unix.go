//go:build unix

package descriptor

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

func duplicate(c any) (fd int, err error) {
	if bare, ok := c.(interface{ Descriptor() int }); ok {
		return unix.FcntlInt(uintptr(bare.Descriptor()), unix.F_DUPFD_CLOEXEC, 0)
	}
	sc, ok := c.(syscall.Conn)
	if !ok {
		return -1, fmt.Errorf("%T has no descriptor: %w", c, errors.ErrUnsupported)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return -1, err
	}
	if bad := raw.Control(func(have uintptr) {
		fd, err = unix.FcntlInt(have, unix.F_DUPFD_CLOEXEC, 0)
	}); bad != nil {
		return -1, bad
	}
	return fd, err
}

func closeAll(fds []int) {
	for _, fd := range fds {
		if fd >= 0 {
			_ = syscall.Close(fd)
		}
	}
}
