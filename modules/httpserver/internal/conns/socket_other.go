//go:build !unix

package conns

import (
	"net"
	"syscall"
)

// hasInput cannot look into a socket here. The read that ended without a byte an
// instant ago was the last look.
func hasInput(net.Conn) bool { return false }

// isClosed reports whether this process has closed nc. What has no socket counts as
// closed.
func isClosed(nc net.Conn) bool {
	sc, ok := socketBelow(nc).(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := sc.SyscallConn()
	return err != nil || raw.Control(func(uintptr) {}) != nil
}
