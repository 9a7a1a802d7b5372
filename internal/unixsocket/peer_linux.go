package unixsocket

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func credentials(fd int) (Peer, error) {
	cred, err := syscall.GetsockoptUcred(fd, syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	if err != nil {
		return Peer{}, err
	}
	groups, err := peerGroups(fd)
	return Peer{UID: int(cred.Uid), PID: int(cred.Pid), GIDs: append(groups, int(cred.Gid))}, err
}

// peerGroups returns the supplementary groups, which SO_PEERCRED leaves out. Linux
// before 4.13 does not report them; then only the first group counts.
func peerGroups(fd int) (gids []int, err error) {
	list := make([]uint32, 64)
	for {
		n := uint32(len(list) * 4)
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_PEERGROUPS,
			uintptr(unsafe.Pointer(&list[0])), uintptr(unsafe.Pointer(&n)), 0)
		switch {
		case errno == unix.ERANGE && int(n) > len(list)*4:
			list = make([]uint32, n/4)
			continue
		case errno == unix.ENOPROTOOPT:
			return nil, nil
		case errno != 0:
			return nil, errno
		}
		for _, id := range list[:n/4] {
			gids = append(gids, int(id))
		}
		return gids, nil
	}
}
