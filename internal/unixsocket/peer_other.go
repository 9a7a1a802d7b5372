//go:build !linux && !darwin

package unixsocket

import (
	"errors"
	"fmt"
	"net"
)

const knowsPeers = false

func peerOf(net.Conn) (Peer, error) {
	return Peer{}, fmt.Errorf("credentials of the peer: %w", errors.ErrUnsupported)
}
