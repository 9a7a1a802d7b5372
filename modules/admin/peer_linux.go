package admin

import (
	"fmt"
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const knowsPeers = true

// credentials asks the kernel who connected. The pid is 0 for a process of
// another pid namespace.
func credentials(nc net.Conn) (uid, pid int, gids []int, err error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return 0, 0, nil, fmt.Errorf("a %T has no socket", nc)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, 0, nil, fmt.Errorf("credentials of a peer: %w", err)
	}
	var cred *syscall.Ucred
	var got error
	err = raw.Control(func(fd uintptr) {
		if cred, got = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED); got == nil {
			gids, got = peerGroups(fd)
		}
	})
	if err == nil {
		err = got
	}
	if err != nil {
		return 0, 0, nil, fmt.Errorf("credentials of a peer: %w", err)
	}
	return int(cred.Uid), int(cred.Pid), append(gids, int(cred.Gid)), nil
}

// peerGroups are the supplementary groups, which SO_PEERCRED leaves out. Linux
// before 4.13 does not tell; then only the first group counts.
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
