//go:build unix

package conns

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// hasInput reports whether bytes wait in the socket.
func hasInput(nc net.Conn) bool {
	got := 0
	_ = control(nc, func(fd uintptr) {
		var b [1]byte
		if n, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT); err == nil {
			got = n
		}
	})
	return got > 0
}

// isClosed reports whether this process has closed nc. What has no socket counts as
// closed.
func isClosed(nc net.Conn) bool { return control(socketBelow(nc), func(uintptr) {}) != nil }

func control(socket any, f func(fd uintptr)) error {
	sc, ok := socket.(syscall.Conn)
	if !ok {
		return syscall.ENOTSOCK
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(f)
}
