//go:build !unix

package socket

import (
	"net"
	"syscall"
)

// hasInput returns false: a socket cannot be inspected here. The read that has just
// ended without a byte was the last look.
func hasInput(net.Conn) bool { return false }

func hasInputAt(int) bool { return false }

func known(nc net.Conn) bool {
	_, ok := nc.(syscall.Conn)
	return ok
}

func isClosed(socket net.Conn) bool {
	raw, err := socket.(syscall.Conn).SyscallConn()
	return err != nil || raw.Control(func(uintptr) {}) != nil
}

// descriptor returns -1: it is needed only where connections rest.
func descriptor(net.Conn) int { return -1 }
