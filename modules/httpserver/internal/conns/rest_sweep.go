package conns

import (
	"context"
	"math"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/resting"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// Which connections begin to rest, and which stop resting: a goroutine sweeps over
// them, and the client, the drain and a move end their rest.

// sweepsToRest is how often connections are checked within the time after which
// they rest. So no clock is read for a request.
const sweepsToRest = 4

// restsAtOnce is the time below which a connection does not even begin to wait.
const restsAtOnce = time.Millisecond

// StartRest makes rest possible. The error wraps errors.ErrUnsupported where the
// system cannot do it. It may be called again, by one goroutine at a time.
func (s *Set) StartRest() error {
	if s.rest.set.Load() != nil {
		return nil
	}
	set, err := resting.New[Tracked]()
	if err == nil {
		s.rest.set.Store(set)
	}
	return err
}

// Rest lets connections rest that have waited for after, and closes those whose
// idle timeout is over. It blocks until ctx ends. It calls after before every
// sweep; 0 means never. StartRest must have been called.
func (s *Set) Rest(ctx context.Context, after func() time.Duration) {
	set := s.rest.set.Load()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		set.Wait(s.endRests)
	}()
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		d := after()
		s.rest.atOnce.Store(d > 0 && d < restsAtOnce)
		select {
		case <-ctx.Done():
			set.Close()
			<-ended
			return
		case <-s.rest.changed:
			next.Reset(0)
		case <-next.C:
			next.Reset(s.sweep(d))
		}
	}
}

// sweep wakes the connections that are to rest, closes those at rest whose time is
// over, and returns the time until the next sweep.
func (s *Set) sweep(after time.Duration) time.Duration {
	now, next := s.Now(), int64(time.Minute)
	if after > 0 {
		next = int64(after / sweepsToRest)
	}
	s.rest.next.Store(math.MaxInt64) // this sweep does not see what comes to rest from now on
	over := s.resting(func(t *Tracked) bool {
		until := t.rest.until.Load()
		if until > now {
			next = min(next, until-now)
		}
		return 0 < until && until <= now || t.closedAtRest()
	})
	for _, t := range over {
		s.endIdle(t)
	}
	if after > 0 && !s.draining.Load() {
		s.wakeToRest()
	}
	next = int64(pause(time.Duration(next), time.Duration(s.Now()-now)))
	s.rest.next.Store(now + next)
	return time.Duration(next)
}

// pause returns the time until the next sweep, which is wanted after next, if the
// last one took so long. Sweeping takes a hundredth of the time, unless that would
// more than double the time until a rest: a sweep takes long also because it has to
// wait for a processor.
func pause(next, took time.Duration) time.Duration {
	return max(next, restsAtOnce, min(100*took, max(2*next, time.Second)))
}

func (s *Set) wakeToRest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		r, n := &t.rest, t.life.Requests.Load()
		switch {
		case t.phase.Load() != Parked || n != r.requests:
			r.requests, r.sweeps = n, 0
		case r.sweeps < sweepsToRest:
			r.sweeps++
		case t.canRest():
			r.sweeps = 0
			r.due.Store(true)
			t.wake(math.MaxInt64)
		}
	}
}

// resting returns those of the connections at rest that are wanted.
func (s *Set) resting(wanted func(*Tracked) bool) (all []*Tracked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if t.phase.Load() == Resting && wanted(t) {
			all = append(all, t)
		}
	}
	return all
}

// endRests is called for connections that can be read.
func (s *Set) endRests(ready []resting.Ready[Tracked]) {
	for _, r := range ready {
		if t := r.Is; r.Hangup && !t.hasInputAtRest() {
			s.closeResting(t)
		} else {
			t.rest.spoke = true
			s.serve(t)
		}
	}
}

// hasInputAtRest reports whether bytes have come. The caller has removed the
// connection from the resting.Set.
func (t *Tracked) hasInputAtRest() bool { return socket.HasInputAt(int(t.rest.fd.Load())) }

// endIdle closes a connection whose idle timeout is over, unless a request has just
// come, or one that is closed already.
func (s *Set) endIdle(t *Tracked) {
	switch {
	case !s.takeFromRest(t):
	case t.closedAtRest():
		s.closeResting(t)
	case t.rest.until.Load() > s.Now(): // it has served a request in the meantime
		s.putToRest(t)
	case t.hasInputAtRest():
		t.rest.spoke = true
		s.serve(t)
	default:
		s.closeResting(t)
	}
}

// lingerAtRest closes the connections at rest that have been quiet for linger.
func (s *Set) lingerAtRest(linger time.Duration) {
	quietSince := s.Now() - int64(linger)
	for _, t := range s.resting(func(t *Tracked) bool { return t.since.Load() <= quietSince || t.closedAtRest() }) {
		switch {
		case !s.takeFromRest(t):
		case t.closedAtRest():
			s.closeResting(t)
		case t.since.Load() > quietSince: // it has served a request in the meantime
			s.putToRest(t)
		case t.hasInputAtRest():
			t.rest.spoke = true
			s.serve(t)
		default:
			s.lingered.Add(1)
			s.closeResting(t)
		}
	}
}

// CloseResting closes the connections that rest.
func (s *Set) CloseResting() {
	for _, t := range s.resting(func(*Tracked) bool { return true }) {
		if s.takeFromRest(t) {
			s.closeResting(t)
		}
	}
}

// moveResting hands the connections that rest to the successor, and reports whether
// any are left that it could not remove at once.
func (s *Set) moveResting() (more bool) {
	m := s.move.Load()
	if m == nil {
		return false
	}
	for _, t := range s.resting(func(t *Tracked) bool { return t.canMove(m) }) {
		if !s.takeFromRest(t) {
			more = true
			continue
		}
		t.phase.Store(Handed)
		s.hand(m, t)
	}
	return more
}
