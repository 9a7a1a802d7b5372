package grpcserver

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// deliveryOf reads TCP_INFO (tcp(7)). A socket of another kind has nothing on its
// way: data written to a unix socket is with the peer already.
func deliveryOf(nc net.Conn) (d delivery) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return d
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return d
	}
	_ = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			d = delivery{unacked: info.Unacked > 0, unsent: info.Notsent_bytes > 0, acked: info.Bytes_acked}
		}
	})
	return d
}
