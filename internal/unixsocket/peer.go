package unixsocket

import "net"

// Peer is what the kernel says about the process at the other end of a unix
// socket, as it was when it connected or began to listen.
type Peer struct {
	UID  int
	PID  int   // 0 for a process of another PID namespace
	GIDs []int // all its groups
}

// KnowsPeers reports whether this system tells, see [PeerOf].
const KnowsPeers = knowsPeers

// PeerOf asks the kernel for the peer of nc: SO_PEERCRED and SO_PEERGROUPS on
// Linux, LOCAL_PEERCRED on macOS. The error wraps errors.ErrUnsupported on
// systems that do not tell.
func PeerOf(nc net.Conn) (Peer, error) { return peerOf(nc) }
