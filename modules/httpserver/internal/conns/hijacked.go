package conns

import "net"

// hijacked are the connections that handlers have taken over. Nothing tells when
// one is closed, so they are looked at. The mutex of the Set guards them.
type hijacked struct {
	conns   map[net.Conn]struct{}
	sweepAt int // look for closed ones when there are so many
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
	s.hijacked.conns[t.raw] = struct{}{}
	s.room.Broadcast() // from now on nothing tells when it closes
	if n := len(s.hijacked.conns); n >= s.hijacked.sweepAt {
		s.forgetClosedLocked()
		s.hijacked.sweepAt = max(2*len(s.hijacked.conns), 64)
	}
}

// forgetClosedLocked returns how many it forgot.
func (s *Set) forgetClosedLocked() (n int) {
	for nc := range s.hijacked.conns {
		if isClosed(nc) {
			delete(s.hijacked.conns, nc)
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
	for nc := range s.hijacked.conns {
		_ = nc.Close()
	}
	s.forgetClosedLocked()
	s.closeIfEmptyLocked()
}
