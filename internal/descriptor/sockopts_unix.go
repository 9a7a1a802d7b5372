//go:build unix

package descriptor

import (
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// option is a socket option that net.FileConn sets: TCP_NODELAY and keep-alive
// (newTCPConn in net/tcpsock.go).
type option struct{ level, name int }

// settings are the values of options.
type settings [len(options)]int

// settingsOf returns the values of the options; ok is false if the socket is not a
// TCP socket.
func settingsOf(fd int) (s settings, ok bool) {
	for i, o := range options {
		var err error
		if s[i], err = unix.GetsockoptInt(fd, o.level, o.name); err != nil {
			return s, false
		}
	}
	return s, true
}

// ofGo returns the settings that net.FileConn leaves, read from a socket that is
// not connected. Connections that a Go server has accepted usually have the same.
var ofGo = sync.OnceValue(func() (s settings) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return s
	}
	unix.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return s
	}
	defer c.Close()
	control(c, func(fd int) { s, _ = settingsOf(fd) })
	return s
})

// isOfGo reports whether net.FileConn leaves the settings of the socket alone.
func isOfGo(fd int) bool {
	is, isTCP := settingsOf(fd)
	return !isTCP || is == ofGo()
}

// openConn is OpenConn. same means that the settings need not be restored.
func openConn(f *os.File, same bool) (net.Conn, error) {
	if same {
		return net.FileConn(f)
	}
	was, isTCP := settingsOf(int(f.Fd())) // of a file made by NewFile it leaves the mode alone
	c, err := net.FileConn(f)
	if err != nil || !isTCP || was == ofGo() {
		return c, err
	}
	control(c, func(fd int) {
		for i, o := range options {
			_ = unix.SetsockoptInt(fd, o.level, o.name, was[i])
		}
	})
	return c, nil
}

func control(c net.Conn, do func(fd int)) {
	if raw, err := c.(syscall.Conn).SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}
