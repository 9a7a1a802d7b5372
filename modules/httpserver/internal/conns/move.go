package conns

import (
	"math"
	"net"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// When a successor takes over, connections of plain HTTP/1 move to it in the moment
// when they wait between two requests. What marks that moment is the same as what
// makes it safe to close them, see Phase; bytes that have come and were not read
// stay in the socket and move along. To net/http a connection that moves looks like
// one whose client went away: its Read ends with errMoved, its Close does nothing,
// and when net/http has let go of it, in the hook for StateClosed, it is handed
// off. One that the successor cannot take is taken back, and served like a new one.

var errMoved net.Error = movedError{}

type movedError struct{ leftError }

func (movedError) Error() string { return "connection moved to the successor" }

// move is the hand-over that is going on.
type move struct {
	server string
	to     app.Successor
	secure app.StateSuccessor // to, if it takes connections through TLS
	http2  bool               // of HTTP/2, too
	kept   app.StateSuccessor // to, if it takes them while their handlers run
}

// BeginMove begins to hand connections to a successor, as those of server. kept is
// the kind of those whose handlers run.
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
		t.stays.Store(false) // that was another successor
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

// EndMove ends that.
func (s *Set) EndMove() {
	s.move.Store(nil)
	s.kept.count.Begin()
	s.endMoveHTTP2()
	s.releaseKept()
}

// Moving reports whether connections move.
func (s *Set) Moving() bool { return s.move.Load() != nil }

// WakeToMove wakes each connection that waits for a request, and reports whether
// there are any that are about to move.
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

// canMove reports whether the connection may go to the successor of m at all. The
// caller serves it or holds the mutex of the Set.
func (t *Tracked) canMove(m *move) bool {
	switch t.socket.(type) {
	case *net.TCPConn, *net.UnixConn:
		own := t.raw == t.socket || t.session != nil && m.secure != nil
		return own && !t.wrapped && !t.belowTLS && !t.stays.Load()
	}
	return false
}

// leftOpen reports whether the connection is not net/http's to close any more.
func (t *Tracked) leftOpen() bool {
	p := t.phase.Load()
	return p == Moved || p == Handed
}

// willMove reports whether the connection goes to the successor when it is between
// two requests.
func (t *Tracked) willMove() bool {
	m := t.set.move.Load()
	return m != nil && t.canMove(m)
}

// moves reports whether the connection, which is between two requests, goes to the
// successor now. quiet says that a Read has just found nothing.
func (t *Tracked) moves(quiet bool) bool {
	return t.willMove() && (t.session == nil || t.export(quiet))
}

// handOff is called when net/http has let go of the connection.
func (s *Set) handOff(t *Tracked) {
	m := s.move.Load()
	t.phase.Store(Handed)
	if m == nil && t.rest.hidden {
		s.beginRest(t)
		return
	}
	if m == nil { // the successor has failed meanwhile
		s.takeBack(t)
		return
	}
	if t.session != nil {
		s.handOffTLS(m, t)
		return
	}
	s.hand(m, t)
}

func (s *Set) hand(m *move, t *Tracked) {
	m.to.Hand(m.server, t.raw, func(taken bool) { s.handed(t, taken) })
}

// handed is called when it is known whether the successor has the connection.
func (s *Set) handed(t *Tracked, taken bool) {
	if !taken {
		s.takeBack(t)
		return
	}
	_ = t.socket.Close() // not raw: the client must hear nothing of it
	s.remove(t)
	if t.rest.hidden {
		t.sayClosed()
	}
}

// takeBack has net/http serve a connection again that was on its way. To this
// successor it goes no more.
func (s *Set) takeBack(t *Tracked) {
	if t.rest.hidden {
		t.stays.Store(s.move.Load() != nil)
		s.beginRest(t)
		return
	}
	clear(t.encoded)
	_ = t.raw.SetDeadline(time.Time{})
	again := s.Add(t.raw, Options{Idle: true})
	Of(again).stays.Store(s.move.Load() != nil)
	s.remove(t) // only now, so that the set is never empty in between
	s.Queue.Put(again)
}
