package listener

import (
	"math"
	"net"

	"golang.org/x/sys/unix"
)

// dropSYN lets the kernel drop segments that open a connection and pass all others:
// load the TCP flags, test SYN. The client sends a dropped SYN again after a second
// (RFC 6298, 2.1); then the port is closed, or open in another process.
var dropSYN = [...]unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},
	{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jt: 0, Jf: 1, K: 0x02},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
}

// noDevice is the index of a network device that does not exist. No SYN finds a
// socket that is bound to it, so the kernel refuses the SYN; handshakes in progress
// and the accept queue are not affected. Since Linux 5.7 the first binding of a
// socket needs no privilege (sock_bindtoindex of the kernel).
const noDevice = math.MaxInt32

// holdBack keeps new connections from reaching ln, while handshakes in progress
// complete. A socket filter drops them; if the kernel does not allow that (MPTCP,
// on some machines every user but root), a binding to noDevice refuses them. Both
// belong to the socket, not to this process: release must be called unless the
// socket is closed, and without CAP_NET_RAW it cannot undo the binding. Unix
// sockets have no handshake, so nothing is held back.
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

// attachFilter attaches the filter, and reports whether the kernel accepts it.
func attachFilter(ln *net.TCPListener) (attached bool) {
	program := dropSYN
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	control(ln, func(fd uintptr) {
		attached = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter) == nil
	})
	return attached
}

// set sets an option of ln's socket, if the kernel allows it.
func set(ln *net.TCPListener, option, value int) {
	control(ln, func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, value)
	})
}

// queued returns the number of connections that wait to be accepted. TCP_INFO
// reports it for a listening socket as unacknowledged segments (tcp_get_info of the
// kernel). For other sockets than TCP it is at most 1.
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
