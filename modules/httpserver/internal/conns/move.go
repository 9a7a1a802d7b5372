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
}

// BeginMove begins to hand connections to a successor, as those of server.
func (s *Set) BeginMove(server string, to app.Successor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		t.stays.Store(false) // that was another successor
	}
	s.move.Store(&move{server, to})
}

// EndMove ends that.
func (s *Set) EndMove() { s.move.Store(nil) }

// Moving reports whether connections move.
func (s *Set) Moving() bool { return s.move.Load() != nil }

// WakeToMove wakes each connection that waits for a request, and reports whether
// there are any that are about to move.
func (s *Set) WakeToMove() (more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if !t.canMove() {
			continue
		}
		switch t.phase.Load() {
		case Busy, Handed:
		case Parked:
			t.wake(math.MaxInt64)
			more = true
		default:
			more = true
		}
	}
	return more
}

// canMove reports whether the connection may go to a successor at all. The caller
// serves it or holds the mutex of the Set.
func (t *Tracked) canMove() bool {
	switch t.raw.(type) {
	case *net.TCPConn, *net.UnixConn:
		return !t.belowTLS && !t.stays.Load()
	}
	return false
}

// leftOpen reports whether the connection is not net/http's to close any more.
func (t *Tracked) leftOpen() bool {
	p := t.phase.Load()
	return p == Moved || p == Handed
}

// moves reports whether the connection, which is between two requests, goes to the
// successor now.
func (t *Tracked) moves() bool { return t.set.move.Load() != nil && t.canMove() }

// handOff is called when net/http has let go of the connection.
func (s *Set) handOff(t *Tracked) {
	m := s.move.Load()
	t.phase.Store(Handed)
	if m == nil { // the successor has failed meanwhile
		s.takeBack(t)
		return
	}
	m.to.Hand(m.server, t.raw, func(taken bool) {
		if !taken {
			s.takeBack(t)
			return
		}
		_ = t.raw.Close()
		s.remove(t)
	})
}

// takeBack has net/http serve a connection again that was on its way. To this
// successor it goes no more.
func (s *Set) takeBack(t *Tracked) {
	_ = t.raw.SetDeadline(time.Time{})
	again := s.Add(t.raw, Options{Idle: true})
	Of(again).stays.Store(s.move.Load() != nil)
	s.remove(t) // only now, so that the set is never empty in between
	s.Queue.Put(again)
}
