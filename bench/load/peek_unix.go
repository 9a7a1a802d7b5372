//go:build unix

package load

import (
	"net"

	"golang.org/x/sys/unix"
)

func peek(c *net.TCPConn) look {
	raw, err := c.SyscallConn()
	if err != nil {
		return closed
	}
	seen := closed
	raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		switch {
		case err == unix.EAGAIN || err == unix.EINTR:
			seen = notYet
		case err == nil && n > 0:
			seen = bytesThere
		}
	})
	return seen
}
