package admin

import (
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

const knowsPeers = true

// credentials asks the kernel who connected.
func credentials(nc net.Conn) (uid, pid int, gids []int, err error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return 0, 0, nil, fmt.Errorf("a %T has no socket", nc)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, 0, nil, fmt.Errorf("credentials of a peer: %w", err)
	}
	var cred *unix.Xucred
	var got error
	err = raw.Control(func(fd uintptr) {
		if cred, got = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); got == nil {
			pid, got = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
		}
	})
	if err == nil {
		err = got
	}
	if err != nil {
		return 0, 0, nil, fmt.Errorf("credentials of a peer: %w", err)
	}
	for _, id := range cred.Groups[:min(int(cred.Ngroups), len(cred.Groups))] {
		gids = append(gids, int(id))
	}
	return int(cred.Uid), pid, gids, nil
}
