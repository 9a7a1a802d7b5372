package conns

import (
	"net"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// ForHandler returns what a handler gets that takes nc over: Bare, unless only nc
// itself notes that it is closed.
func ForHandler(nc net.Conn) net.Conn {
	if c, ok := nc.(*otherConn); ok {
		if !socket.Known(c.tracked.socket) {
			return nc
		}
	}
	return Bare(nc)
}

// addHijacked keeps sight of a connection that net/http has let go.
func (s *Set) addHijacked(t *Tracked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(t)
	if k := t.kept; k != nil && (k.socket || t.leaves) {
		k.released = true
		s.kept.released++
		return
	}
	closed := &t.closed
	if !t.other {
		closed = nil
	}
	s.hijacked.Add(t.raw, t.socket, closed)
	s.room.Broadcast() // from now on nothing reports when it closes
}

// CutHijacked closes the connections that handlers have taken over and not closed.
func (s *Set) CutHijacked() {
	s.cutKept()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hijacked.Cut()
	s.closeIfEmptyLocked()
}
