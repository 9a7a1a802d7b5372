//go:build !linux

package listener

import "net"

// holdBack cannot hold anything back here: the Serve loop empties the queue for the
// time of a handshake, and a connection that completes in the instant between its
// last accept and the close is reset.
func holdBack(net.Listener) (release func()) { return func() {} }

// queued is 1 if a connection waits to be accepted, where the system reports that.
// It is never how many.
func queued(ln net.Listener) int { return anyQueued(ln) }
