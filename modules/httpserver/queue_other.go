//go:build !linux

package httpserver

import "net"

// holdBack cannot hold anything back here: the Serve loop empties the queue for the settle time, and a connection that
// completes in the instant between its last accept and the close is reset.
func holdBack(net.Listener) (release func()) { return func() {} }

// queued is not to be known here.
func queued(net.Listener) int { return 0 }
