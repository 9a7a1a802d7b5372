package httpserver

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/app"
)

// needsHoldBack skips a test that demands that a stop loses nothing where the
// kernel lets this user attach no filter to a socket: connections that are opened
// while the port closes may be reset there, see docs/operating.md.
func needsHoldBack(t *testing.T) {
	t.Helper()
	ln, err := app.OpenSockets().Listen(t.Context(), "probe", "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	raw, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	all := [...]unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff}}
	filter := unix.SockFprog{Len: uint16(len(all)), Filter: &all[0]}
	var refused error
	if err := raw.Control(func(fd uintptr) {
		refused = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter)
	}); err != nil {
		t.Fatal(err)
	}
	if refused != nil {
		t.Skip("the kernel lets this user attach no filter to a socket:", refused)
	}
}
