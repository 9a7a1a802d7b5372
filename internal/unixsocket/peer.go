package unixsocket

import "net"

// A Peer describes the process at the other end of a unix socket, as the kernel
// recorded it when that process connected or began to listen.
type Peer struct {
	UID  int
	PID  int   // 0 for a process of another PID namespace
	GIDs []int // all its groups
}

// KnowsPeers reports whether this system reports peers, see [PeerOf].
const KnowsPeers = knowsPeers

// PeerOf asks the kernel for the peer of nc: SO_PEERCRED and SO_PEERGROUPS on
// Linux, LOCAL_PEERCRED on macOS. On systems that do not report it, the error wraps
// errors.ErrUnsupported.
func PeerOf(nc net.Conn) (Peer, error) { return peerOf(nc) }
