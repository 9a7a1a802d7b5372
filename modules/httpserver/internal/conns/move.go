package conns

import (
	"math"

	"github.com/gracefulfx/graceful/app"
)

// BeginMove begins to hand connections to a successor, as connections of server.
// kept is the kind of connections whose handlers run.
func (s *Set) BeginMove(server string, to app.Successor, kept string) {
	m := &move{server: server, to: to}
	if with, ok := to.(app.StateSuccessor); ok && with.Takes(server, TLSKind) {
		m.secure = with
		m.http2 = with.Takes(server, HTTP2Kind)
	}
	if with, ok := to.(app.StateSuccessor); ok && with.Takes(server, kept) {
		m.kept = with
	}
	s.kept.count.Begin()
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		t.stays.Store(false) // that was decided for another successor
		t.stayIfImmovable(m)
	}
	for k := range s.kept.all {
		k.t.stays.Store(false)
	}
	s.move.Store(m)
	for t := range s.live.all() {
		t.beginMoveHTTP2(m)
	}
}

// EndMove ends what BeginMove has begun.
func (s *Set) EndMove() {
	s.move.Store(nil)
	s.kept.count.Begin()
	s.endMoveHTTP2()
	s.releaseKept()
}

// Moving reports whether connections move.
func (s *Set) Moving() bool { return s.move.Load() != nil }

// WakeToMove wakes each connection that waits for a request, and reports whether
// any are about to move.
func (s *Set) WakeToMove() (more bool) {
	more = s.moveResting()
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.move.Load()
	for t := range s.live.all() {
		if m != nil && t.mover != nil && t.mover.Wake() {
			more = true
		}
		if m == nil || !t.canMove(m) {
			continue
		}
		switch t.phase.Load() {
		case Busy, Handed, Resting:
		case Parked:
			t.wake(math.MaxInt64)
			more = true
		default:
			more = true
		}
	}
	return more
}
