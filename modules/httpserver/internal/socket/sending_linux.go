package socket

import (
	"golang.org/x/sys/unix"
)

func sending(socket any) (pending bool, acked uint64) {
	_ = control(socket, func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			open := info.State != unix.BPF_TCP_CLOSE // after a reset nothing is on its way
			pending, acked = open && (info.Unacked > 0 || info.Notsent_bytes > 0), info.Bytes_acked
		}
	})
	return pending, acked
}
