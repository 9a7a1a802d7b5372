package conns

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2move"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/hijacked"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/lifetime"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/queue"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stall"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/staycount"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/unacked"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/waiters"
)

// Config has what a Set needs to know of its server.
type Config struct {
	Limit       int                  // how many connections there may be; 0: any number
	IdleTimeout func() time.Duration // that of net/http

	// Panicked reports a panic in a function that was given to AddWaiter.
	Panicked func(v any, stack []byte)

	// StateTooLong reports a state of n bytes, which is more than can go with a
	// connection that moves.
	StateTooLong func(n int)

	// ResumeHTTP2 serves an HTTP/2 connection again that no successor has taken. It
	// must not block.
	ResumeHTTP2 func(session tlsmove.Session, below net.Conn, from *h2move.State)

	// AskHTTP2 asks HTTP/2 clients to leave that do so in one step.
	AskHTTP2 func()

	// Resting is called before the first connection rests: from then on the Queue
	// must be served.
	Resting func()

	// Known is true if the application has hooks that see connections: it must see
	// the same one as long as that lives.
	Known bool

	// Closed is the application's ConnState hook, for connections that are closed
	// while they rest; nil if there is none. It is called on a goroutine for each.
	Closed func(nc net.Conn)
}

// Set holds every connection of one server from accept to the end of the goroutine
// that serves it, and knows when the last one is gone. Its methods may be called at
// any time by any goroutine, and none blocks unless its comment says so.
type Set struct {
	Config
	Queue *queue.Queue // of connections that come from elsewhere, for net/http

	leaving  atomic.Bool  // clients are asked to leave
	draining atomic.Bool  // nothing new comes
	lingered atomic.Int64 // closed by the drain while idle
	stalled  atomic.Int64 // cut because the client made no progress

	move   atomic.Pointer[move] // nil: none is under way
	stayed staycount.Counts
	rest   rest

	lifetime *lifetime.Limits

	keeps atomic.Int64 // requests that Returned must handle

	http2          http2Mode
	bodies         stall.Bodies
	waiters        *waiters.Waiters
	unacked        *unacked.Sockets
	changeInterval chan struct{} // the timeout of the stall monitor has changed

	mu       sync.Mutex
	live     list
	room     sync.Cond // of mu: there may be fewer connections than before
	hijacked hijacked.Conns
	kept     kept
	sealed   bool          // nothing accepts any more: an empty set stays empty
	empty    chan struct{} // closed once sealed and empty
	gone     int64         // requests of connections that are closed
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

// Now returns the time on the monotonic clock of the Set.
func (s *Set) Now() int64 { return s.lifetime.Now() }

func (s *Set) remove(t *Tracked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(t)
	s.closeIfEmptyLocked()
}

// open returns the number of connections, including those that net/http has
// released. Called with the mutex held.
func (s *Set) open() int { return s.live.len + s.hijacked.Len() + s.kept.released }

// removeLocked removes t from the live connections; its requests stay counted.
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

// Seal records that nothing accepts any more. It may be called again.
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

// Len returns the number of connections, including those that handlers have taken
// over.
func (s *Set) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open()
}

// http2Mode is how HTTP/2 connections are recognized that BecomeHTTP2 has not
// marked.
type http2Mode struct {
	preface    bool // without TLS: by the preface of their client
	followed   bool // and their frames are followed
	twoStep    bool // and their goodbyes are ours
	negotiated bool // over TLS: by the negotiated protocol
	taken      bool // those that handlers take over are followed
}

// move is the hand-over that is under way.
type move struct {
	server string
	to     app.Successor
	secure app.StateSuccessor // to, if it takes TLS connections
	http2  bool               // HTTP/2 connections as well
	kept   app.StateSuccessor // to, if it takes connections while their handlers run
}
