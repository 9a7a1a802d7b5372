package unixsocket

import (
	"fmt"
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const knowsPeers = true

func peerOf(nc net.Conn) (p Peer, err error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return Peer{}, fmt.Errorf("a %T has no socket", nc)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return Peer{}, fmt.Errorf("credentials of the peer: %w", err)
	}
	var cred *syscall.Ucred
	var got error
	err = raw.Control(func(fd uintptr) {
		if cred, got = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); got == nil {
			p.GIDs, got = peerGroups(fd)
		}
	})
	if err == nil {
		err = got
	}
	if err != nil {
		return Peer{}, fmt.Errorf("credentials of the peer: %w", err)
	}
	return Peer{UID: int(cred.Uid), PID: int(cred.Pid), GIDs: append(p.GIDs, int(cred.Gid))}, nil
}

// peerGroups returns the supplementary groups, which SO_PEERCRED leaves out. Linux
// before 4.13 does not report them; then only the first group counts.
func peerGroups(fd uintptr) (gids []int, err error) {
	list := make([]uint32, 64)
	for {
		n := uint32(len(list) * 4)
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_PEERGROUPS,
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
