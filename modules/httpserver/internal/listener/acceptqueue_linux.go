package listener

import (
	"math"
	"net"

	"golang.org/x/sys/unix"
)

// dropSYN lets the kernel drop segments that open a connection and pass all others:
// load the TCP flags, test SYN. A dropped SYN is sent again by the client after a
// second (RFC 6298, 2.1); by then the port is closed, or open in another process.
var dropSYN = [...]unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},
	{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jt: 0, Jf: 1, K: 0x02},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
}

// noDevice is the index of a network device that does not exist. A socket bound to
// it is found by no SYN, which the kernel refuses then; handshakes in progress and
// the accept queue keep theirs. Since Linux 5.7 the first binding of a socket takes
// no privilege (sock_bindtoindex of the kernel).
const noDevice = math.MaxInt32

// holdBack keeps new connections from reaching ln, while handshakes in progress
// complete. A socket filter drops them; where the kernel refuses that (MPTCP, on
// some machines every user but root) a binding to noDevice refuses them. Both
// belong to the socket, not to this process: release must be called unless the
// socket is closed, and without CAP_NET_RAW it cannot undo the binding. Where there
// is no handshake (unix sockets) nothing is held back.
func holdBack(ln net.Listener) (release func()) {
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return func() {}
	}
	if attachFilter(tcp) {
		return func() { set(tcp, unix.SO_DETACH_FILTER, 0) }
	}
	set(tcp, unix.SO_BINDTOIFINDEX, noDevice)
	return func() { set(tcp, unix.SO_BINDTOIFINDEX, 0) }
}

// attachFilter reports whether the kernel drops what opens a connection to ln.
func attachFilter(ln *net.TCPListener) (attached bool) {
	program := dropSYN
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	control(ln, func(fd uintptr) {
		attached = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter) == nil
	})
	return attached
}

// set sets an option of ln's socket, as far as the kernel lets it.
func set(ln *net.TCPListener, option, value int) {
	control(ln, func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, value)
	})
}

// queued is the number of connections that wait to be accepted, which TCP_INFO
// reports for a listening socket as unacknowledged segments (tcp_get_info of the
// kernel). For what is not TCP it is at most 1.
func queued(ln net.Listener) (n int) {
	if _, ok := ln.(*net.TCPListener); !ok {
		return anyQueued(ln)
	}
	control(ln, func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = int(info.Unacked)
		}
	})
	return n
}
