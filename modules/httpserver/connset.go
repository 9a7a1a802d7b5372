package httpserver

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// connSet holds every connection of one server from accept to the end of the goroutine that serves it, and tells when
// the last one is gone.
type connSet struct {
	began    time.Time
	leaving  atomic.Bool  // clients are asked to leave
	draining atomic.Bool  // nothing new comes
	lingered atomic.Int64 // closed by the drain while idle
	stalled  atomic.Int64 // cut because the client made no progress
	overdue  atomic.Int64 // cut because the time to drain was over

	move        atomic.Pointer[move] // nil: none is going on
	inlet       *inlet
	idleTimeout func() time.Duration // of net/http
	flights     flights

	preface     bool // HTTP/2 without TLS is spoken: clients may begin with its preface
	twoStep     bool // and goodbyes are ours there
	nativeHTTP2 bool // HTTP/2 through TLS is not ours

	beat         chan struct{} // the patrol's timeout has changed
	limit        int           // how many connections there may be; 0: any number
	tellPanicked func(v any, stack []byte)
	tellHTTP2    func() // asks clients of HTTP/2 to leave

	mu     sync.Mutex
	live   roll
	bodies map[*body]struct{}
	room   sync.Cond // of mu: there may be fewer connections than before
	guests guests
	sealed bool          // nothing accepts any more: an empty set stays empty
	empty  chan struct{} // closed once sealed and empty
	gone   int64         // requests of connections that are closed
}

func newConnSet() *connSet {
	s := &connSet{
		began:  time.Now(),
		bodies: map[*body]struct{}{},
		guests: guests{conns: map[net.Conn]struct{}{}, stays: map[*stay]struct{}{}},
		empty:  make(chan struct{}),
		inlet:  newInlet(),
		beat:   make(chan struct{}, 1),
	}
	s.room.L = &s.mu
	return s
}

// now is the time on the set's own monotonic clock.
func (s *connSet) now() int64 { return int64(time.Since(s.began)) }

// add takes an accepted connection under control. The caller sees to it that net/http gets to serve it: only its
// ConnState hook, given to note, takes it out again.
func (s *connSet) add(nc net.Conn, layered bool) net.Conn {
	var c tracked
	switch nc := nc.(type) {
	case *net.TCPConn:
		c = &tcpConn{TCPConn: nc}
	case *net.UnixConn:
		c = &unixConn{UnixConn: nc}
	default:
		c = &plainConn{Conn: nc}
	}
	l := c.tracked()
	l.raw, l.conns, l.layered = nc, s, layered
	if !s.preface || layered {
		l.preface = noPreface
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	l.touch() // startDraining comes before, and it is seen here, or after, and sees l
	s.live.add(l)
	return c
}

// waitForRoom returns when there are fewer connections than the limit, or when the listener has retired.
func (s *connSet) waitForRoom(retired *atomic.Bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.limit > 0 && !retired.Load() && s.live.len+len(s.guests.conns) >= s.limit {
		if s.forgetClosedLocked() > 0 {
			continue
		}
		if len(s.guests.conns) > 0 { // nobody tells when one of these is closed
			time.AfterFunc(100*time.Millisecond, s.nudge)
		}
		s.room.Wait()
	}
}

// setLimit changes how many connections there may be. Those beyond a lower limit stay until they end.
func (s *connSet) setLimit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = n
	s.room.Broadcast()
}

// nudge makes waitForRoom look again.
func (s *connSet) nudge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room.Broadcast()
}

// note is the ConnState hook, called by the goroutine that serves the connection.
func (s *connSet) note(nc net.Conn, state http.ConnState) {
	l := lifeOf(nc)
	if l == nil || l.released {
		return
	}
	if s.nativeHTTP2 && state == http.StateActive && !l.http2 && negotiatedHTTP2(nc) {
		s.becomeHTTP2(l, nil)
	}
	if l.http2 {
		s.noteHTTP2(l, state)
		return
	}
	switch state {
	case http.StateActive:
		l.requests.Add(1)
		if l.phase.Load() != busy {
			l.phase.Store(busy)
		}
		l.headDue.Store(!l.layered)
		l.late = nil
	case http.StateIdle:
		l.leaveAfterGoodbye()
		l.touch()
		l.phase.Store(ending)
	case http.StateHijacked:
		l.headDue.Store(false)
		l.phase.Store(busy)
		l.released = true
		s.hijacked(l)
	case http.StateClosed:
		if l.phase.Load() == moved {
			s.depart(l)
		} else {
			s.remove(l)
		}
	}
}

func (s *connSet) remove(l *life) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaveLocked(l)
	s.settleLocked()
}

// seal says that nothing accepts any more. It may be called again.
func (s *connSet) seal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = true
	s.settleLocked()
}

func (s *connSet) settleLocked() {
	s.room.Broadcast()
	if !s.sealed || s.live.len+len(s.guests.conns)+len(s.guests.stays) > 0 {
		return
	}
	select {
	case <-s.empty:
	default:
		close(s.empty)
	}
}

// len counts the connections, with those that handlers have taken over.
func (s *connSet) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live.len + len(s.guests.conns)
}

// startDraining begins the time that quiet connections may linger.
func (s *connSet) startDraining() {
	if s.draining.Swap(true) {
		return
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.live.all() {
		l.since.Store(now)
	}
}

// drain waits until the sealed set is empty and closes connections that have been quiet for linger. It returns the
// cause of ctx when that ends first, and leaves what is left alone then.
func (s *connSet) drain(ctx context.Context, linger time.Duration) error {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
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
		case <-alarm.C:
			alarm.Reset(s.wakeQuiet(linger))
		}
	}
}

// lookAgain is how soon a connection is looked at again which should have left but was between two phases, or which
// only its handler can close.
const lookAgain = 5 * time.Millisecond

// wakeQuiet wakes each connection that has been quiet for linger and returns when the next one will have been.
func (s *connSet) wakeQuiet(linger time.Duration) time.Duration {
	next := max(linger, lookAgain)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.guests.conns) > 0 {
		s.forgetClosedLocked()
		s.settleLocked()
		next = lookAgain
	}
	quietSince := s.now() - int64(linger)
	for l := range s.live.all() {
		p := l.phase.Load() // before since, which is up to date whenever the connection is parked
		if left := l.since.Load() - quietSince; left > 0 {
			next = min(next, time.Duration(left))
			continue
		}
		switch p {
		case busy:
			l.closeIfIdle()
		case moved, handed:
		case parked:
			l.wake(quietSince)
		default:
			next = min(next, lookAgain)
		}
	}
	return max(next, time.Millisecond)
}
