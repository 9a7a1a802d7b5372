package e2e_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// One server has two addresses of its configuration and two sockets of the service
// manager with its name, one of them for neither address.
func TestServerWithSeveralSocketsIsUpgradedUnderLoad(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "echo")); err != nil {
		t.Fatal(err)
	}
	var passed []*os.File
	var sockets []net.Addr
	for range 2 {
		ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		f, err := ln.File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		passed, sockets = append(passed, f), append(sockets, ln.Addr())
	}
	path := filepath.Join(dir, "sock")
	sockets = append(sockets, &net.UnixAddr{Name: path, Net: "unix"})
	cmd := exec.Command("sh", "-c", "LISTEN_PID=$$ exec ./echo")
	cmd.ExtraFiles = passed
	c := startChainOf(t, cmd, dir, "LISTEN_FDS=2", "LISTEN_FDNAMES=http:http", "ECHO_HTTP_ADDR=unix:"+path+","+sockets[1].String())
	want := path + ", " + sockets[1].String() + ", " + sockets[0].String()
	if c.addr != want {
		t.Errorf("got %q, want %q", c.addr, want)
	}
	c.sockets, c.upgrades = sockets, min(*upgrades, 5)
	c.upgradeUnderLoad(12, func(id int) { c.raw(id, 0, true) })
	if got := c.dials.Load(); got != 12 {
		t.Errorf("%d connections, want 12", got)
	}
	if n := strings.Count(c.p.text(), `"http":"`+want+`"`); n != c.upgrades+1 {
		t.Errorf("%d generations have %q\n%s", n, want, c.p.text())
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("got %v, want the socket file it made removed", err)
	}
	for _, ln := range sockets[:2] {
		conn, err := net.Dial("tcp", ln.String()) // the manager's socket is open
		if err != nil {
			t.Error(err)
			continue
		}
		conn.Close()
	}
}
