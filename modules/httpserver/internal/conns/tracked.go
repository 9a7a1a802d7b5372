package conns

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/deadline"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2conn"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/lifetime"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stall"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// trackedConn is a connection that knows its phase.
type trackedConn interface {
	net.Conn
	state() *Tracked
}

// Tracked is what is known of one connection. Its methods are called between
// net/http and the socket. Thousands may rest, so what only a connection needs that
// is being served is in serving.
type Tracked struct {
	*serving // changes only with the mutex of set held

	raw      net.Conn
	socket   net.Conn // raw, or the socket below it
	set      *Set
	other    bool        // raw is neither a socket nor TLS
	wrapped  bool        // session is above a connection that a listener has wrapped
	closed   atomic.Bool // of an otherConn
	belowTLS bool        // a read may bring less than a request, so it does not end the quiet phase
	http2    bool        // many requests at a time: always busy
	preface  int8        // bytes of the preface of HTTP/2 that have come; noPreface: none will

	given context.Context // to WithConn

	links // in the list of set
	rest  restState

	life lifetime.Life

	phase atomic.Uint32
	stays atomic.Bool  // a successor could not take it
	since atomic.Int64 // when it fell quiet, on the clock of set; maintained only while draining
}

// BelowTLS reports whether net/http speaks TLS on the connection.
func (t *Tracked) BelowTLS() bool { return t.belowTLS }

// touch restarts the time that a connection may linger.
func (t *Tracked) touch() {
	if t.set.draining.Load() {
		t.since.Store(t.set.Now())
	}
}

// holdUnacked is called before the connection is closed.
func (t *Tracked) holdUnacked() {
	if t.set.draining.Load() {
		t.set.unacked.Hold(t.socket)
	}
}

// serving is what is known of a connection only while net/http, or a handler, has
// it. It begins anew after a rest.
type serving struct {
	ctx      context.Context // given to SetContext
	session  tlsmove.Session // raw, if it is TLS
	timed    net.Conn        // raw, or below session: deadlines are set there
	encoded  []byte          // the state of session, on its way to a successor
	busy     int             // how often session had something under way instead
	streams  atomic.Bool     // of HTTP/2: some are open
	greeted  bool            // of HTTP/2: net/http has its preface
	followed *h2conn.Conn    // of HTTP/2, if its frames are followed
	goodbye  *h2conn.Conn    // followed, if the client leaves in two steps
	mover    *mover          // of HTTP/2 over TLS, if it may move
	talks    atomic.Int64    // conversations under way, see WatchBody
	inPlace  *h2conn.Conn    // followed, if it is between net/http and raw
	begins   beginning       // its handler may take it over to speak HTTP/2
	released bool            // hijacked: what net/http still reports of it does not matter here

	// A request that may move, or has moved here. Only the goroutine that serves
	// the connection uses these, except that net/http's goroutine that reads ahead
	// uses replay for it.
	kept          *Kept
	arrived       *arrival           // until its handler has returned
	head          *stream.HeadFilter // of the response; nil of an ordinary request
	replay        []byte             // read before anything of the socket
	resumedSocket bool               // the client already has the 101
	leaves        bool               // the response is taken out of net/http's hands
	probing       bool               // an informational response is recorded but not sent
	probed        bool

	// Released is called when a second server, which served the connection for the
	// first one, has released it. Only the goroutine that serves the connection
	// sets it.
	Released func()

	reading stall.Wait    // for bytes of a request
	unacked stall.Unacked // belongs to the monitor of stalled clients

	headDue     atomic.Bool // the next bytes written begin a response
	saidGoodbye atomic.Bool // a response has announced the end of the connection

	// over ends every further Read: net/http reads twice before a request if it
	// speaks HTTP/2 without TLS.
	over net.Error

	// deadline is net/http's deadline of the next quiet read. Only the goroutine
	// that serves the connection uses it.
	deadline time.Time

	// opening is true from the first bytes of a request until it is read. net/http
	// then sets a deadline for its header, and removes it at once if the bytes have
	// the whole header: it is postponed to the next Read. Only the goroutine that
	// serves the connection uses these.
	opening   bool
	postponed time.Time

	quiet *deadline.Shift // it was idle elsewhere, or has rested; nil once a request has come
	late  *deadline.Shift // of that request, while it lasts

	// waking is held from the step to woken until the deadline that wakes the
	// reader is set.
	waking sync.Mutex
}

// notServing is the serving of every connection that rests. Nothing changes it.
var notServing = &serving{}

// newServing returns the serving of nc. quiet means that the client owes no
// request.
func newServing(nc net.Conn, quiet bool) *serving {
	c := &serving{timed: nc}
	c.session, _ = nc.(tlsmove.Session)
	if quiet {
		c.quiet = &deadline.Shift{}
	}
	return c
}

// setServing replaces serving. The caller owns the connection.
func (t *Tracked) setServing(c *serving) {
	t.set.mu.Lock()
	defer t.set.mu.Unlock()
	t.serving = c
}

// links is the place of a connection in the list.
type links struct{ next, prev *Tracked }

// trackedKey is the key of a Tracked in the context of a request.
type trackedKey struct{}

// ofRequest returns the Tracked of the connection of r, or nil without WithConn, or
// if the connection rests: then the handler has returned.
func ofRequest(r *http.Request) *Tracked {
	t, _ := r.Context().Value(trackedKey{}).(*Tracked)
	if t != nil && t.phase.Load() == Resting {
		return nil
	}
	return t
}
