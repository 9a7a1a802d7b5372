package admin

import (
	"fmt"
	"net"
	"syscall"
)

const knowsPeers = true

// credentials asks the kernel who connected. The pid is 0 for a process of
// another pid namespace.
func credentials(nc net.Conn) (uid, pid int, err error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return 0, 0, fmt.Errorf("a %T has no socket", nc)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, 0, fmt.Errorf("credentials of a peer: %w", err)
	}
	var cred *syscall.Ucred
	var got error
	err = raw.Control(func(fd uintptr) {
		cred, got = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err == nil {
		err = got
	}
	if err != nil {
		return 0, 0, fmt.Errorf("credentials of a peer: %w", err)
	}
	return int(cred.Uid), int(cred.Pid), nil
}
