package conns

import (
	"golang.org/x/sys/unix"
)

// sending reports whether bytes are on their way to the client and how many it has
// acknowledged so far. A client that is gone or does not read acknowledges no more.
func sending(socket any) (pending bool, acked uint64) {
	_ = control(socket, func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			open := info.State != unix.BPF_TCP_CLOSE // after a reset nothing is on its way
			pending, acked = open && (info.Unacked > 0 || info.Notsent_bytes > 0), info.Bytes_acked
		}
	})
	return pending, acked
}
