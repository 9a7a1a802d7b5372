//go:build !linux

package listener

import "net"

// holdBack cannot hold anything back here: the Serve loop empties the queue for the
// time of a handshake, and a connection that completes in the instant between its
// last accept and the close is reset.
func holdBack(net.Listener) (release func()) { return func() {} }

// queued returns 1 if a connection waits to be accepted and the system reports it.
// It does not count further ones.
func queued(ln net.Listener) int { return anyQueued(ln) }
