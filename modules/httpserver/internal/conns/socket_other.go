//go:build !unix

package conns

import (
	"net"
	"syscall"
)

// hasInput cannot look into a socket here. The read that ended without a byte an
// instant ago was the last look.
func hasInput(net.Conn) bool { return false }

// isSocket reports whether the system knows nc.
func isSocket(nc net.Conn) bool {
	_, ok := nc.(syscall.Conn)
	return ok
}

// isClosed reports whether this process has closed the socket.
func isClosed(socket net.Conn) bool {
	raw, err := socket.(syscall.Conn).SyscallConn()
	return err != nil || raw.Control(func(uintptr) {}) != nil
}
