package httpserver

import (
	"net"
	"net/http"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/app"
)

// A successor accepts on the same socket.
func TestSocketOfASuccessorIsNotHeldBack(t *testing.T) {
	r := serveOn(t, http.HandlerFunc(hello), linger(0))
	raw, err := r.server.group()[0].Listener.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	fd := -1
	raw.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	r.stop(app.Reason{Kind: app.Replaced})
	r.wait()
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0); err != syscall.ENOENT {
		t.Errorf("got %v, want no filter on the socket", err)
	}
}
