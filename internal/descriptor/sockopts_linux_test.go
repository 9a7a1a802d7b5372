package descriptor

import (
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Of a socket that is as Go would make it, nothing needs to be restored.
func TestGoMakesEverySocketTheSame(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, ok := settingsOf(fdOf(t, c)); !ok || got != ofGo() {
		t.Errorf("got %v, want %v", got, ofGo())
	}
}

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
		"Go's defaults": func(c *net.TCPConn) error { return nil },
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
			want, _ := settingsOf(fdOf(t, c))
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
			if got, ok := settingsOf(fdOf(t, opened)); got != want || !ok {
				t.Errorf("got %v, want %v", got, want)
			}
			if flags, err := unix.FcntlInt(uintptr(fdOf(t, opened)), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
				t.Errorf("blocking: flags %x, %v", flags, err)
			}
		})
	}
}

// fdOf returns the descriptor of c, which is valid as long as c is open.
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
