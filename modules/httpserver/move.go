package httpserver

import (
	"context"
	"errors"
	"math"
	"net"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// When a successor takes over, connections of plain HTTP/1 move to it in the moment when they wait between two
// requests. What marks that moment is the same as what makes it safe to close them, see phase; bytes that have come and
// were not read stay in the socket and move along. To net/http a connection that moves looks like one whose client went
// away: its Read ends with errMoved, its Close does nothing, and when net/http has let go of it, in the hook for
// StateClosed, it is handed on. One that the successor cannot take comes back, and is served like a new one.

var errMoved net.Error = movedError{}

type movedError struct{ leftError }

func (movedError) Error() string { return "connection moved to the successor" }

// move is the hand-over that is going on.
type move struct {
	server string
	to     app.Successor
}

var _ app.Mover = (*Server)(nil)

// Move implements app.Mover, for the module that carries out upgrades. It blocks as described there.
func (s *Server) Move(ctx context.Context, to app.Successor) error {
	s.mu.Lock()
	l := s.listener
	if l == nil || l.layered || s.gone {
		s.mu.Unlock()
		return errors.New("connections through TLS cannot move")
	}
	l.pause()
	s.startInletLocked(l.Addr())
	s.mu.Unlock()

	m := &move{server: s.name, to: to}
	s.conns.begin(m)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.conns.wakeToMove() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// Resume implements app.Mover.
func (s *Server) Resume() {
	s.conns.move.Store(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil {
		s.listener.resume()
	}
}

func (s *connSet) begin(m *move) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.live.all() {
		l.stays.Store(false) // that was another successor
	}
	s.move.Store(m)
}

// wakeToMove wakes each connection that waits for a request, and tells whether there are any that are about to move.
func (s *connSet) wakeToMove() (more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.live.all() {
		if !l.canMove() {
			continue
		}
		switch l.phase.Load() {
		case busy, handed:
		case parked:
			l.wake(math.MaxInt64)
			more = true
		default:
			more = true
		}
	}
	return more
}

// canMove tells whether the connection may go to a successor at all. The caller serves it or holds conns.mu.
func (l *life) canMove() bool {
	switch l.raw.(type) {
	case *net.TCPConn, *net.UnixConn:
		return !l.layered && !l.stays.Load()
	}
	return false
}

// leftOpen tells whether the connection is not net/http's to close any more.
func (l *life) leftOpen() bool {
	p := l.phase.Load()
	return p == moved || p == handed
}

// moves tells whether the connection, which is between two requests, goes to the successor now.
func (l *life) moves() bool { return l.conns.move.Load() != nil && l.canMove() }

// depart is called when net/http has let go of the connection.
func (s *connSet) depart(l *life) {
	m := s.move.Load()
	l.phase.Store(handed)
	if m == nil { // the successor has failed meanwhile
		s.comeBack(l)
		return
	}
	m.to.Hand(m.server, l.raw, func(taken bool) {
		if !taken {
			s.comeBack(l)
			return
		}
		_ = l.raw.Close()
		s.remove(l)
	})
}

// comeBack has net/http serve a connection again that was on its way. To this successor it goes no more.
func (s *connSet) comeBack(l *life) {
	_ = l.raw.SetDeadline(time.Time{})
	again := s.add(l.raw, false)
	life := lifeOf(again)
	life.quiet = &headTime{}
	life.stays.Store(s.move.Load() != nil)
	s.remove(l) // only now, so that the set is never empty in between
	s.inlet.put(again)
}
