//go:build unix

package socket

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

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

func known(nc net.Conn) bool {
	_, ok := nc.(syscall.Conn)
	return ok
}

func isClosed(socket net.Conn) bool { return control(socket, func(uintptr) {}) != nil }

func descriptor(socket net.Conn) (fd int) {
	fd = -1
	_ = control(socket, func(n uintptr) { fd = int(n) })
	return fd
}

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
