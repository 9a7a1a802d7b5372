package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

// peer is who is at the other end of a connection.
type peer struct {
	uid, pid int
	known    bool   // uid and pid are the kernel's word
	network  string // "unix" or "tcp"
	remote   string
	err      error // why it is not known
}

// String is how logs, reasons and reports call the peer.
func (p peer) String() string {
	switch {
	case p.known:
		return fmt.Sprintf("admin (uid %d, pid %d)", p.uid, p.pid)
	case p.network == "tcp":
		return "admin (token, " + p.remote + ")"
	}
	return "admin"
}

// admitted refuses users that are neither the process's own nor root. Where
// the system does not tell who it is, the directory of the socket decides.
func (p peer) admitted() error {
	switch {
	case p.network != "unix" || !p.known && errors.Is(p.err, errors.ErrUnsupported):
		return nil
	case !p.known:
		return fmt.Errorf("who asks cannot be told: %w", p.err)
	case p.uid != 0 && p.uid != os.Geteuid():
		return fmt.Errorf("user id %d may not use this socket: ask as user id %d or root", p.uid, os.Geteuid())
	}
	return nil
}

type peerKey struct{}

func peerOf(ctx context.Context) peer {
	p, _ := ctx.Value(peerKey{}).(peer)
	return p
}

// withPeer is the ConnContext of the server.
func withPeer(ctx context.Context, nc net.Conn) context.Context {
	p := peer{network: nc.LocalAddr().Network(), remote: nc.RemoteAddr().String()}
	if p.network == "unix" {
		p.uid, p.pid, p.err = credentials(nc)
		p.known = p.err == nil
	}
	return context.WithValue(ctx, peerKey{}, p)
}
