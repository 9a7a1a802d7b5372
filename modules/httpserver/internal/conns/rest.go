package conns

import (
	"context"
	"math"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/resting"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// A connection of plain HTTP/1 that has waited for its next request for a while is
// taken out of net/http, as one that moves to a successor is, and rests: it keeps
// its Tracked, and gives up goroutine and buffers. With the first byte it goes back
// to net/http through the Queue. The application does not notice: the connection
// has the same context, and hooks hear nothing of either step.
//
// What rests belongs to the goroutine that has taken it out of the resting.Set: the
// one that waits there, the drain, a move, or the one that keeps idle timeouts.

// rest is what a Set knows of rest.
type rest struct {
	set     atomic.Pointer[resting.Set[Tracked]] // nil: nothing rests
	atOnce  atomic.Bool                          // without a moment of waiting
	first   sync.Once                            // calls Resting
	next    atomic.Int64                         // when the next sweep is, on the clock of the Set
	changed chan struct{}                        // how soon connections rest has changed
}

// restState is what a connection knows of it.
type restState struct {
	outer net.Conn     // what net/http knows the connection by
	fd    atomic.Int32 // of the socket, once it has rested
	until atomic.Int64 // the idle timeout, on the clock of the Set; 0: there is none

	// The sweeps have seen it wait so often in a row, after so many requests.
	sweeps   int
	requests int64

	due    atomic.Bool // it rests when it has been woken and nothing has come
	hidden bool        // net/http lets go of it, or has, and hooks must not hear of it
	shown  bool        // hooks have heard of it
	spoke  bool        // its first byte has come, and waits in the socket
	never  bool        // the system cannot wait for it
}

// sweepsToRest is how often within the time after which connections rest they are
// looked at: so no clock is read for a request.
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
// idle timeout is over, until ctx ends. It asks for after before every look; 0 is
// never. StartRest must have been called.
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

// ChangeRest makes Rest ask for its time again.
func (s *Set) ChangeRest() {
	select {
	case s.rest.changed <- struct{}{}:
	default: // it is about to
	}
}

// sweep wakes the connections that are to rest after so long a wait, closes those
// at rest whose time is over, and returns when to look again. Looking takes a
// hundredth of the time at most.
func (s *Set) sweep(after time.Duration) time.Duration {
	now, next := s.Now(), int64(time.Minute)
	if after > 0 {
		next = int64(after / sweepsToRest)
	}
	s.rest.next.Store(math.MaxInt64) // what comes to rest meanwhile has not been seen
	over := s.resting(func(t *Tracked) bool {
		until := t.rest.until.Load()
		if until > now {
			next = min(next, until-now)
		}
		return 0 < until && until <= now
	})
	for _, t := range over {
		s.endIdle(t)
	}
	if after > 0 && !s.draining.Load() {
		s.wakeToRest()
	}
	next = max(next, 100*(s.Now()-now), int64(restsAtOnce))
	s.rest.next.Store(now + next)
	return time.Duration(next)
}

func (s *Set) wakeToRest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		r, n := &t.rest, t.requests.Load()
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

// resting returns the connections that rest at this moment, those of them that are
// wanted.
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

// canRest reports whether the connection may rest at all: whether there is nothing
// between net/http and its socket.
func (t *Tracked) canRest() bool {
	switch t.socket.(type) {
	case *net.TCPConn, *net.UnixConn:
		return t.raw == t.socket && !t.belowTLS && t.set.rest.set.Load() != nil
	}
	return false
}

// rests reports whether the connection, which is between two requests, is to rest
// now. woken says that a Read has just found nothing.
func (t *Tracked) rests(woken bool) bool {
	r := &t.rest
	wanted := woken && r.due.Swap(false) || t.set.rest.atOnce.Load() && !r.spoke
	r.hidden = wanted && !r.never && !t.set.draining.Load() && t.canRest() && !(woken && socket.HasInput(t.socket))
	return r.hidden
}

// beginRest is called when net/http has let go of the connection.
func (s *Set) beginRest(t *Tracked) {
	s.rest.first.Do(s.Resting)
	r := &t.rest
	until := int64(0)
	if !t.deadline.IsZero() {
		until = s.Now() + int64(time.Until(t.deadline))
	}
	r.until.Store(until)
	if until != 0 && until < s.rest.next.Load() {
		defer s.ChangeRest()
	}
	_ = t.raw.SetDeadline(time.Time{})
	r.fd.Store(int32(socket.Descriptor(t.socket)))
	s.putToRest(t)
}

// Adopt takes a connection that was idle elsewhere under control. It rests until
// its client speaks, where it can and rests is set; otherwise net/http gets it at
// once.
func (s *Set) Adopt(nc net.Conn, rests bool) {
	c := s.Add(nc, Options{Idle: true})
	t := Of(c)
	if !rests || !t.canRest() {
		s.Queue.Put(c)
		return
	}
	if idle := s.IdleTimeout(); idle > 0 {
		t.deadline = time.Now().Add(idle)
	}
	t.rest.hidden = true
	s.beginRest(t)
}

// putToRest gives the connection to the resting.Set, or to net/http where that
// cannot be.
func (s *Set) putToRest(t *Tracked) {
	t.phase.Store(Resting)
	if err := s.rest.set.Load().Add(int(t.rest.fd.Load()), t); err != nil {
		t.rest.never = true
		s.serve(t)
	}
}

// takeFromRest reports whether t rested: it belongs to the caller then.
func (s *Set) takeFromRest(t *Tracked) bool {
	set := s.rest.set.Load()
	return set != nil && set.Remove(int(t.rest.fd.Load()), t)
}

// endRests is called for what can be read.
func (s *Set) endRests(ready []resting.Ready[Tracked]) {
	for _, r := range ready {
		if t := r.Is; r.Hangup && !socket.HasInput(t.socket) {
			s.closeResting(t)
		} else {
			t.rest.spoke = true
			s.serve(t)
		}
	}
}

// serve has net/http serve a connection that does not rest any more.
func (s *Set) serve(t *Tracked) {
	t.quiet, t.late, t.over = &deadlineShift{}, nil, nil
	t.rest.hidden = false
	t.touch()
	t.phase.Store(Fresh)
	s.Queue.Put(t.rest.outer)
}

// endIdle closes a connection whose idle timeout is over, unless a request has come
// after all.
func (s *Set) endIdle(t *Tracked) {
	switch {
	case !s.takeFromRest(t):
	case t.rest.until.Load() > s.Now(): // it has served a request meanwhile
		s.putToRest(t)
	case socket.HasInput(t.socket):
		t.rest.spoke = true
		s.serve(t)
	default:
		s.closeResting(t)
	}
}

// closeResting closes a connection that the caller has taken.
func (s *Set) closeResting(t *Tracked) {
	t.phase.Store(Busy) // so that Close closes
	_ = t.rest.outer.Close()
	s.remove(t)
	t.sayClosed()
}

// sayClosed says to the application's hook that a connection is closed that
// net/http has let go of without its knowledge.
func (t *Tracked) sayClosed() {
	if t.rest.shown && t.set.Closed != nil {
		go t.set.Closed(t.rest.outer) // it may block, as on net/http's goroutine
	}
}

// lingerAtRest closes the connections at rest that have been quiet for linger.
func (s *Set) lingerAtRest(linger time.Duration) {
	quietSince := s.Now() - int64(linger)
	for _, t := range s.resting(func(t *Tracked) bool { return t.since.Load() <= quietSince }) {
		switch {
		case !s.takeFromRest(t):
		case t.since.Load() > quietSince: // it has served a request meanwhile
			s.putToRest(t)
		case socket.HasInput(t.socket):
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
// there are any left that it could not take out at once.
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

// Hides reports whether the application's ConnState hook must not hear of a state:
// what a rest makes of the connection is nothing to it. It is called before Note.
func Hides(nc net.Conn, state http.ConnState) bool {
	t := Of(nc)
	if t == nil {
		return false
	}
	switch state {
	case http.StateNew:
		again := t.rest.shown
		t.rest.shown = true
		return again
	case http.StateClosed:
		return t.rest.hidden && t.phase.Load() == Moved
	}
	return false
}
