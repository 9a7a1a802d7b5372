package conns

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2move"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/hijacked"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/lifetime"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/queue"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stall"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/unacked"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/waiters"
)

// Config is what a Set needs to know of its server.
type Config struct {
	Limit       int                  // how many connections there may be; 0: any number
	IdleTimeout func() time.Duration // that of net/http

	// Panicked reports a panic in a function that was given to AddWaiter.
	Panicked func(v any, stack []byte)

	// StateTooLong reports a state of so many bytes, which is more than can go
	// along with a connection that moves.
	StateTooLong func(n int)

	// ResumeHTTP2 serves a connection of HTTP/2 again that no successor has taken.
	// It must not block.
	ResumeHTTP2 func(session tlsmove.Session, below net.Conn, from *h2move.State)

	// AskHTTP2 asks clients of HTTP/2 to leave that do so in one step.
	AskHTTP2 func()

	// Resting is called before the first connection rests: the Queue must be
	// served.
	Resting func()

	// Closed is the application's ConnState hook, for connections that are closed
	// while they rest; nil if there is none. It is called on a goroutine for each.
	Closed func(nc net.Conn)
}

// Set holds every connection of one server from accept to the end of the goroutine
// that serves it, and knows when the last one is gone. Its methods may be called at
// any time by any goroutine, and none blocks but where it says so.
type Set struct {
	Config
	Queue *queue.Queue // of connections that come from elsewhere, for net/http

	leaving  atomic.Bool  // clients are asked to leave
	draining atomic.Bool  // nothing new comes
	lingered atomic.Int64 // closed by the drain while idle
	stalled  atomic.Int64 // cut because the client made no progress

	move   atomic.Pointer[move] // nil: none is going on
	stayed stayed
	rest   rest

	lifetime *lifetime.Limits

	keeps atomic.Int64 // requests of which Returned has to know

	http2          http2Mode
	bodies         stall.Bodies
	changeInterval chan struct{} // the timeout of the stall monitor has changed

	mu       sync.Mutex
	live     list
	room     sync.Cond // of mu: there may be fewer connections than before
	hijacked hijacked.Conns
	kept     kept
	waiters  *waiters.Waiters
	unacked  *unacked.Sockets // have a mutex themselves, as waiters
	sealed   bool             // nothing accepts any more: an empty set stays empty
	empty    chan struct{}    // closed once sealed and empty
	gone     int64            // requests of connections that are closed
}

// New returns an empty Set.
func New(c Config) *Set {
	s := &Set{
		Config:         c,
		Queue:          queue.New(drop),
		lifetime:       lifetime.New(),
		changeInterval: make(chan struct{}, 1),
		rest:           rest{changed: make(chan struct{}, 1)},
		kept:           kept{all: map[*Kept]struct{}{}},
		unacked:        unacked.New(),
		empty:          make(chan struct{}),
	}
	s.room.L = &s.mu
	s.waiters = waiters.New(c.Panicked, s.closeIfEmpty)
	return s
}

// Now is the time on the Set's own monotonic clock.
func (s *Set) Now() int64 { return s.lifetime.Now() }

// Options say what a connection is.
type Options struct {
	BelowTLS bool // net/http speaks TLS on it
	Idle     bool // it was idle elsewhere: its client owes no request

	// Below is the socket below a connection that a listener has wrapped; nil is
	// what NetConn or Raw show, or the connection itself.
	Below net.Conn

	wrapped bool // TLS lies on one that a listener has wrapped
}

// Add takes an accepted connection under control and returns what net/http is to
// serve. The caller sees to it that net/http gets it: only its ConnState hook,
// given to Note, takes it out again.
func (s *Set) Add(nc net.Conn, o Options) net.Conn {
	c := s.track(nc, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addLocked(c.state())
	return c
}

// track makes the connection that net/http gets for nc.
func (s *Set) track(nc net.Conn, o Options) trackedConn {
	c := wrap(nc)
	t := c.state()
	t.raw, t.socket, t.set, t.belowTLS = nc, o.Below, s, o.BelowTLS
	t.wrapped = o.wrapped
	if t.socket == nil {
		t.socket = socketBelow(nc)
	}
	t.life.Begin(s.lifetime)
	t.rest.outer = c
	t.session, _ = nc.(tlsmove.Session)
	if o.Idle {
		t.quiet = &deadlineShift{}
	}
	if !s.http2.preface || o.BelowTLS || t.session != nil {
		t.preface = noPreface
	}
	return c
}

func (s *Set) addLocked(t *Tracked) {
	t.touch() // StartDraining comes before, and it is seen here, or after, and sees t
	s.live.add(t)
}

// Note is the ConnState hook, called by the goroutine that serves the connection.
func (s *Set) Note(nc net.Conn, state http.ConnState) {
	t := Of(nc)
	if t == nil || t.released {
		return
	}
	if s.http2.negotiated && state == http.StateActive && !t.http2 && negotiatedHTTP2(nc) {
		s.BecomeHTTP2(t, nil, false)
	}
	if t.http2 {
		s.noteHTTP2(t, state)
		return
	}
	switch state {
	case http.StateActive:
		t.life.Requests.Add(1)
		if t.phase.Load() != Busy {
			t.phase.Store(Busy)
		}
		t.headDue.Store(!t.belowTLS)
		t.late = nil
	case http.StateIdle:
		t.leaveAfterGoodbye()
		t.touch()
		t.head = nil
		t.phase.Store(Ending)
	case http.StateHijacked:
		t.headDue.Store(false)
		t.phase.Store(Busy)
		t.released = true
		s.addHijacked(t)
	case http.StateClosed:
		if t.phase.Load() == Moved {
			s.handOff(t)
		} else {
			s.neverServed(t)
			s.remove(t)
		}
	}
}

func (s *Set) remove(t *Tracked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(t)
	s.closeIfEmptyLocked()
}

// open counts the connections, with those that net/http has let go of. It is called
// with the mutex held.
func (s *Set) open() int { return s.live.len + s.hijacked.Len() + s.kept.released }

// removeLocked takes t off the live connections; its requests stay counted.
func (s *Set) removeLocked(t *Tracked) {
	if s.live.remove(t) {
		s.gone += t.life.Requests.Load()
	}
}

// drop closes a connection that net/http has not accepted from the Queue.
func drop(c net.Conn) {
	t := Of(c)
	_ = t.raw.Close()
	t.set.remove(t)
}

// Seal says that nothing accepts any more. It may be called again.
func (s *Set) Seal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = true
	s.closeIfEmptyLocked()
}

func (s *Set) closeIfEmpty() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closeIfEmptyLocked()
}

func (s *Set) closeIfEmptyLocked() {
	s.room.Broadcast()
	if !s.sealed || s.open()+s.waiters.Len()+s.unacked.Len() > 0 {
		return
	}
	select {
	case <-s.empty:
	default:
		close(s.empty)
	}
}

// Len counts the connections, with those that handlers have taken over.
func (s *Set) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open()
}
