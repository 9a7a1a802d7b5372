package listener

import (
	"context"
	"errors"
	"io"
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

func TestHoldBackAcceptsNoConnectionUntilReleased(t *testing.T) {
	ln := listen(t)
	waiting, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()

	if !attachFilter(ln) {
		t.Skip("the kernel lets this user attach no filter")
	}
	release := holdBack(ln)
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
	nc, err := net.Dial("tcp", ln.Addr().String()) // not accepted, so the queue does not become empty
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

// The kernel attaches no filter to MPTCP, nor on some machines for users but root.
func TestHoldBackRefusesWhereTheKernelAttachesNoFilter(t *testing.T) {
	var lc net.ListenConfig
	lc.SetMultipathTCP(true)
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	waiting, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	if _, err := io.WriteString(waiting, "request"); err != nil {
		t.Fatal(err)
	}

	release := holdBack(ln)
	if nc, err := net.DialTimeout("tcp", ln.Addr().String(), 20*time.Second); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, %v, want a refusal while connections are held back", nc, err)
	}
	accepted, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	got := make([]byte, len("request"))
	if _, err := io.ReadFull(accepted, got); err != nil || string(got) != "request" {
		t.Errorf("got %q, %v from the connection that waited", got, err)
	}
	if os.Geteuid() != 0 {
		return // unbinding from a device needs a privilege
	}
	release()
	nc, err := net.DialTimeout("tcp", ln.Addr().String(), 20*time.Second)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	nc.Close()
}
