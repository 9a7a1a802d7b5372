//go:build unix

package socket

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

func hasInput(nc net.Conn) (has bool) {
	_ = control(nc, func(fd uintptr) { has = hasInputAt(int(fd)) })
	return has
}

func hasInputAt(fd int) bool {
	var b [1]byte
	n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err == nil && n > 0
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
