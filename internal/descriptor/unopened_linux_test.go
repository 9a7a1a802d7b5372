package descriptor

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A process that has no descriptor left can open the connections that it was
// handed, one after another, and keeps no reserve that nothing needs.
func TestConnectionsAreOpenedWithoutAFreeDescriptor(t *testing.T) {
	var o Opener
	var peers []int
	const n = 3
	conns := make([]func() error, 0, n)
	for range n {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		peers = append(peers, fds[1])
		u, ok := o.Unopened(fds[0])
		if !ok {
			t.Fatal("no reserve")
		}
		conns = append(conns, func() error {
			c, err := u.Open()
			if err == nil {
				t.Cleanup(func() { c.Close() })
				_, err = c.Write([]byte("x"))
			}
			return err
		})
	}
	release := useUp(t)
	for i, open := range conns {
		if err := open(); err != nil {
			t.Errorf("connection %d: %v", i, err)
		}
	}
	release()
	for _, fd := range peers {
		b := make([]byte, 2)
		if got, err := unix.Read(fd, b); got != 1 || err != nil {
			t.Errorf("got %d, %v", got, err)
		}
		_ = unix.Close(fd)
	}
	if o.reserve != nil || o.n != 0 {
		t.Errorf("there is a reserve for %d connections", o.n)
	}
}

// useUp takes all descriptors that this process may have, until release.
func useUp(t *testing.T) (release func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	few := before
	few.Cur = 64
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	var files []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if errors.Is(err, unix.EMFILE) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return func() {
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
		for _, f := range files {
			_ = f.Close()
		}
	}
}
