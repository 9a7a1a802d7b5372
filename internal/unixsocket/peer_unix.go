//go:build linux || darwin

package unixsocket

import (
	"fmt"
	"net"
	"syscall"
)

const knowsPeers = true

func peerOf(nc net.Conn) (p Peer, err error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return Peer{}, fmt.Errorf("a %T has no socket", nc)
	}
	var got error
	raw, err := sc.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { p, got = credentials(int(fd)) })
	}
	if err == nil {
		err = got
	}
	if err != nil {
		return Peer{}, fmt.Errorf("credentials of the peer: %w", err)
	}
	return p, nil
}
