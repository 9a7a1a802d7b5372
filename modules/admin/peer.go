package admin

import (
	"context"
	"fmt"
	"net"

	"github.com/gracefulfx/graceful/internal/unixsocket"
)

// peer is the process at the other end of a connection.
type peer struct {
	uid, pid int
	gids     []int  // of all its groups
	known    bool   // the kernel has reported them
	network  string // "unix" or "tcp"
	remote   string
	err      error // why the peer is not known
}

// String returns the name of the peer in logs, reasons and reports.
func (p peer) String() string {
	switch {
	case p.known:
		return fmt.Sprintf("admin (uid %d, pid %d)", p.uid, p.pid)
	case p.network == "tcp":
		return "admin (token, " + p.remote + ")"
	}
	return "admin"
}

type peerKey struct{}

func peerOf(ctx context.Context) peer {
	p, _ := ctx.Value(peerKey{}).(peer)
	return p
}

// withPeer is the ConnContext of the server.
func withPeer(ctx context.Context, nc net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, peerAt(nc))
}

func peerAt(nc net.Conn) peer {
	if gated, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = gated.NetConn()
	}
	p := peer{network: nc.LocalAddr().Network(), remote: nc.RemoteAddr().String()}
	if p.network == "unix" {
		var at unixsocket.Peer
		at, p.err = unixsocket.PeerOf(nc)
		p.uid, p.pid, p.gids, p.known = at.UID, at.PID, at.GIDs, p.err == nil
	}
	return p
}
