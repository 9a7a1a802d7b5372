package listener

import (
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

// holdBack keeps new connections from reaching ln, while handshakes in progress
// complete. The filter belongs to the socket, not to this process: release must be
// called unless the socket is closed. Where the kernel refuses the filter (MPTCP;
// on some machines every user but root) or there is no handshake (unix sockets)
// nothing is held back: connections that come while the port closes may be reset.
func holdBack(ln net.Listener) (release func()) {
	release = func() {}
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return release
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return release
	}
	program := dropSYN
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_ = raw.Control(func(fd uintptr) {
		if unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter) != nil {
			return
		}
		release = func() {
			_ = raw.Control(func(fd uintptr) {
				_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
			})
		}
	})
	return release
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
