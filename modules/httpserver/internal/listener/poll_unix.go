//go:build unix

package listener

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// anyQueued returns 1 if a connection waits to be accepted from ln, else 0.
func anyQueued(ln net.Listener) (n int) {
	control(ln, func(fd uintptr) {
		n, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	})
	return max(0, n)
}

func control(socket any, f func(fd uintptr)) {
	if sc, ok := socket.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			_ = raw.Control(f)
		}
	}
}
