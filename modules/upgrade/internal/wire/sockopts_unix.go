//go:build unix

package wire

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// option is one that net.FileConn sets: TCP_NODELAY and keep-alive
// (newTCPConn in net/tcpsock.go).
type option struct{ level, name int }

func openConn(f *os.File) (net.Conn, error) {
	fd := int(f.Fd()) // of a file made by NewFile it leaves the mode alone
	was := make([]int, 0, len(options))
	for _, o := range options {
		v, err := unix.GetsockoptInt(fd, o.level, o.name)
		if err != nil {
			break // not TCP
		}
		was = append(was, v)
	}
	c, err := net.FileConn(f)
	if err != nil || len(was) < len(options) {
		return c, err
	}
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return c, nil
	}
	_ = raw.Control(func(fd uintptr) {
		for i, o := range options {
			_ = unix.SetsockoptInt(int(fd), o.level, o.name, was[i])
		}
	})
	return c, nil
}
