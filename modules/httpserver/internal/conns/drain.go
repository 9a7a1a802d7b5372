package conns

import (
	"context"
	"time"
)

// Leave makes every response say goodbye from now on, and asks HTTP/2 clients that
// leave in two steps to do so.
func (s *Set) Leave() {
	s.leaving.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if t.goodbye != nil {
			t.goodbyeOrMove()
		}
	}
}

// Leaving reports whether responses say goodbye.
func (s *Set) Leaving() bool { return s.leaving.Load() }

// Draining reports whether StartDraining has been called.
func (s *Set) Draining() bool { return s.draining.Load() }

// StartDraining begins the time that quiet connections may linger.
func (s *Set) StartDraining() {
	if s.draining.Swap(true) {
		return
	}
	now := s.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		t.since.Store(now)
	}
}

// Drain blocks until the sealed set is empty, and closes connections that have been
// quiet for linger. If ctx ends first it returns its cause, and does not touch the
// connections that are left. It may be called again.
func (s *Set) Drain(ctx context.Context, linger time.Duration) error {
	alarm, sweep := time.NewTimer(0), time.NewTimer(0)
	defer alarm.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-s.empty:
			return nil
		case <-ctx.Done():
			select {
			case <-s.empty:
				return nil
			default:
				return context.Cause(ctx)
			}
		case <-s.unacked.Added:
			sweep.Reset(s.unacked.Pause())
		case <-sweep.C:
			if s.sweepUnacked() > 0 {
				sweep.Reset(s.unacked.Pause())
			}
		case <-alarm.C:
			alarm.Reset(s.wakeQuiet(linger))
		}
	}
}

// lookAgain is how soon a connection is checked again that should have left but was
// between two phases, or that only its handler can close.
const lookAgain = 5 * time.Millisecond

// wakeQuiet wakes each connection that has been quiet for linger, and returns the
// time until the next one will have been.
func (s *Set) wakeQuiet(linger time.Duration) time.Duration {
	next := max(linger, lookAgain)
	s.lingerAtRest(linger)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hijacked.Len() > 0 {
		s.hijacked.Forget()
		s.closeIfEmptyLocked()
		next = lookAgain
	}
	quietSince := s.Now() - int64(linger)
	for t := range s.live.all() {
		p := t.phase.Load() // before since, which is current whenever the connection is parked
		if left := t.since.Load() - quietSince; left > 0 {
			next = min(next, time.Duration(left))
			continue
		}
		switch p {
		case Busy:
			t.closeIfIdle()
		case Moved, Handed:
		case Parked:
			t.wake(quietSince)
		default:
			next = min(next, lookAgain)
		}
	}
	return max(next, time.Millisecond)
}

// sweepUnacked closes the sockets whose clients have everything, and returns how
// many are left.
func (s *Set) sweepUnacked() int {
	left := s.unacked.Sweep()
	s.closeIfEmpty()
	return left
}

// CutUnacked ends the wait for acknowledgements, from now on as well. The kernel
// goes on sending as long as it can.
func (s *Set) CutUnacked() {
	s.unacked.Cut()
	s.closeIfEmpty()
}

// CutHijacked closes the connections that handlers have taken over and not closed.
func (s *Set) CutHijacked() {
	s.cutKept()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hijacked.Cut()
	s.cutTakenLocked()
	s.closeIfEmptyLocked()
}

// CutHandshakes closes the connections whose handshake is under way.
func (s *Set) CutHandshakes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if t.belowTLS && !t.http2 {
			_ = t.socket.Close()
		}
	}
}
