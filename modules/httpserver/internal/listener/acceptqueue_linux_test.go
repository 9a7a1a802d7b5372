package listener

import (
	"context"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/app"
)

func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	ln, err := app.OpenSockets().Listen(context.Background(), "test", "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln.(*net.TCPListener)
}

// detach removes the filter of a socket; where none is attached, that is ENOENT.
func detach(t *testing.T, ln syscall.Conn) error {
	t.Helper()
	raw, err := ln.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var detached error
	raw.Control(func(fd uintptr) { detached = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0) })
	return detached
}

func TestHoldBackLetsNobodyNewInUntilReleased(t *testing.T) {
	ln := listen(t)
	waiting, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()

	release := holdBack(ln)
	if os.Geteuid() != 0 {
		if detach(t, ln) == syscall.ENOENT {
			t.Skip("the kernel lets this user attach no filter")
		}
		release = holdBack(ln)
	}
	if got := queued(ln); got != 1 {
		t.Errorf("got %d connections queued, want 1", got)
	}
	if nc, err := net.DialTimeout("tcp", ln.Addr().String(), 100*time.Millisecond); err == nil {
		nc.Close()
		t.Error("got a new connection while they are held back")
	}
	release()
	nc, err := net.DialTimeout("tcp", ln.Addr().String(), 20*time.Second)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	nc.Close()
	if err := detach(t, ln); err != syscall.ENOENT {
		t.Errorf("got %v, want no filter left on the socket", err)
	}
}

// A filter belongs to the socket. One that stayed on a socket that another
// process holds as well would make the service unreachable.
func TestFilterIsGoneWhenTheTimeOfUnbindIsOver(t *testing.T) {
	ln := listen(t)
	nc, err := net.Dial("tcp", ln.Addr().String()) // not accepted, so the queue does not get empty
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	emptyQueue(ctx, ln, true)()
	if err := detach(t, ln); err != syscall.ENOENT {
		t.Errorf("got %v, want no filter left on the socket", err)
	}
}

func TestHoldBackDoesWithoutAFilterOnMultipathTCP(t *testing.T) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(true)
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	release := holdBack(ln)
	defer release()
	nc, err := net.DialTimeout("tcp", ln.Addr().String(), 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	nc.Close()
}
