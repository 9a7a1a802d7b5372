package conns

import (
	"net"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// hijacked are the connections that handlers have taken over. Nothing tells when
// one is closed, so they are looked at. The mutex of the Set guards them.
type hijacked struct {
	conns   map[*hijackedConn]struct{}
	sweepAt int // look for closed ones when there are so many
}

// hijackedConn is one of them.
type hijackedConn struct {
	raw    net.Conn
	socket net.Conn // nil: the system does not know it
	other  *Tracked // of an otherConn, which notes that it is closed; else nil
}

func (h *hijackedConn) isClosed() bool {
	if h.other != nil && h.other.closed.Load() {
		return true
	}
	return h.socket != nil && socket.IsClosed(h.socket)
}

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
	h := &hijackedConn{raw: t.raw}
	if socket.Known(t.socket) {
		h.socket = t.socket
	}
	if t.other {
		h.other = t
	}
	s.hijacked.conns[h] = struct{}{}
	s.room.Broadcast() // from now on nothing tells when it closes
	if n := len(s.hijacked.conns); n >= s.hijacked.sweepAt {
		s.forgetClosedLocked()
		s.hijacked.sweepAt = max(2*len(s.hijacked.conns), 64)
	}
}

// forgetClosedLocked returns how many it forgot.
func (s *Set) forgetClosedLocked() (n int) {
	for h := range s.hijacked.conns {
		if h.isClosed() {
			delete(s.hijacked.conns, h)
			n++
		}
	}
	return n
}

// CutHijacked closes the connections that handlers have taken over and not closed.
func (s *Set) CutHijacked() {
	s.cutKept()
	s.mu.Lock()
	defer s.mu.Unlock()
	for h := range s.hijacked.conns {
		_ = h.raw.Close()
		if h.other != nil {
			h.other.closed.Store(true)
		}
	}
	s.forgetClosedLocked()
	s.closeIfEmptyLocked()
}
