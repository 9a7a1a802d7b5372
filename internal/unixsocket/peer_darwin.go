package unixsocket

import (
	"fmt"
	"net"
	"syscall"

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
	var cred *unix.Xucred
	var got error
	err = raw.Control(func(fd uintptr) {
		if cred, got = unix.GetsockoptXucred(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERCRED); got == nil {
			p.PID, got = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
		}
	})
	if err == nil {
		err = got
	}
	if err != nil {
		return Peer{}, fmt.Errorf("credentials of the peer: %w", err)
	}
	for _, id := range cred.Groups[:min(int(cred.Ngroups), len(cred.Groups))] {
		p.GIDs = append(p.GIDs, int(id))
	}
	p.UID = int(cred.Uid)
	return p, nil
}
