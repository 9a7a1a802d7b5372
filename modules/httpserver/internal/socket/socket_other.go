//go:build !unix

package socket

import (
	"net"
	"syscall"
)

// hasInput cannot look into a socket here. The read that ended without a byte an
// instant ago was the last look.
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

// descriptor is asked for where connections rest, which is not here.
func descriptor(net.Conn) int { return -1 }
