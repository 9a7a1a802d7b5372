package wire

import (
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSocketKeepsItsOptions(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for name, tune := range map[string]func(c *net.TCPConn) error{
		"another keep-alive": func(c *net.TCPConn) error {
			return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 42 * time.Second, Interval: 7 * time.Second, Count: 3})
		},
		"no keep-alive": func(c *net.TCPConn) error { return c.SetKeepAlive(false) },
		"Nagle":         func(c *net.TCPConn) error { return c.SetNoDelay(false) },
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := tune(c.(*net.TCPConn)); err != nil {
				t.Fatal(err)
			}
			want := settingsOf(t, c)
			fd, err := Duplicate(c)
			if err != nil {
				t.Fatal(err)
			}
			f := os.NewFile(uintptr(fd), "connection")
			opened, err := OpenConn(f)
			f.Close()
			if err != nil {
				t.Fatal(err)
			}
			defer opened.Close()
			if got := settingsOf(t, opened); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			if flags, err := unix.FcntlInt(uintptr(fdOf(t, opened)), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
				t.Errorf("blocking: flags %x, %v", flags, err)
			}
		})
	}
}

func settingsOf(t *testing.T, c net.Conn) (s [len(options)]int) {
	t.Helper()
	for i, o := range options {
		var err error
		if s[i], err = unix.GetsockoptInt(fdOf(t, c), o.level, o.name); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// fdOf is good as long as c is open.
func fdOf(t *testing.T, c net.Conn) (fd int) {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(have uintptr) { fd = int(have) }); err != nil {
		t.Fatal(err)
	}
	return fd
}
