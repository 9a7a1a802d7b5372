package conns

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2conn"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// HTTP2Conn is a connection of HTTP/2 whose frames are followed, and which net/http
// serves above TLS.
type HTTP2Conn struct {
	*h2conn.Conn
	tracked *Tracked
}

// NewHTTP2Conn returns the connection through which HTTP/2 is to be served on nc,
// from the preface on. t is what is known of the socket below.
func NewHTTP2Conn(nc net.Conn, t *Tracked) *HTTP2Conn {
	return &HTTP2Conn{h2conn.New(nc, t.client()), t}
}

func (c *HTTP2Conn) state() *Tracked    { return c.tracked }
func (c *HTTP2Conn) aboveTLS() net.Conn { return c.Conn.Conn }

// client is what the frames of t are followed with.
func (t *Tracked) client() h2conn.Client {
	return h2conn.Client{Life: &t.life, Streams: &t.streams, Talks: &t.talks, Socket: t.socket, Draining: &t.set.draining}
}

// http2Mode says how connections of HTTP/2 are found out that nobody else marks.
type http2Mode struct {
	preface    bool // without TLS: by the preface of their client
	followed   bool // and their frames are followed
	twoStep    bool // and their goodbyes are ours
	negotiated bool // through TLS: by the protocol that was negotiated
}

// ExpectPreface makes the Set recognize HTTP/2 without TLS. followed says that its
// frames can be followed; with twoStep, its clients leave in two steps. It is
// called before the first Add.
func (s *Set) ExpectPreface(followed, twoStep bool) {
	s.http2.preface, s.http2.followed, s.http2.twoStep = true, followed, twoStep
}

// ExpectNegotiated makes the Set recognize net/http's own HTTP/2 through TLS. It is
// called before the first Add.
func (s *Set) ExpectNegotiated() { s.http2.negotiated = true }

// BecomeHTTP2 notes that t speaks HTTP/2: nobody waits between two requests any
// more, streams come and go. c is nil where its frames are not followed; with
// twoStep, it says goodbye. A client that comes when the server is leaving is asked
// to leave with its first stream, see noteHTTP2, so that its way was not in vain,
// or after a while.
func (s *Set) BecomeHTTP2(t *Tracked, c *h2conn.Conn, twoStep bool) {
	if t == nil {
		return
	}
	s.mu.Lock()
	t.http2, t.belowTLS, t.followed = true, true, c
	if twoStep {
		t.goodbye = c
		c.LimitLife()
	}
	late := s.leaving.Load()
	s.mu.Unlock()
	t.headDue.Store(false)
	t.phase.Store(Busy)
	t.touch()
	if late {
		time.AfterFunc(lateTimeout, s.AskHTTP2)
	}
}

// lateTimeout is how long a client that comes when the server is leaving may take
// to its first stream.
const lateTimeout = 3 * time.Second

// noteHTTP2 is Note for a connection that speaks HTTP/2.
func (s *Set) noteHTTP2(t *Tracked, state http.ConnState) {
	switch state {
	case http.StateActive: // once for the preface, then whenever streams begin
		t.streams.Store(true)
		first := !t.greeted
		t.greeted = true
		if t.followed == nil && !first {
			t.life.Requests.Add(1)
		}
		switch {
		case first || !s.leaving.Load():
		case t.goodbye != nil:
			t.goodbyeOrMove()
		default:
			s.AskHTTP2()
		}
	case http.StateIdle:
		t.streams.Store(false)
		t.touch()
		if t.goodbye != nil {
			t.goodbye.EndIfDone()
		}
	case http.StateClosed:
		if t.phase.Load() == Moved {
			s.handOffHTTP2(t)
			return
		}
		s.remove(t)
	}
}

// negotiatedHTTP2 reports whether nc is a TLS connection that net/http serves as
// HTTP/2.
func negotiatedHTTP2(nc net.Conn) bool {
	c, ok := nc.(*tls.Conn)
	return ok && c.ConnectionState().NegotiatedProtocol == "h2"
}

// closeIfIdle closes an HTTP/2 connection without streams, to which nobody can say
// goodbye, unless a request waits in the socket.
func (t *Tracked) closeIfIdle() {
	if !t.http2 || t.goodbye != nil || t.streams.Load() || socket.HasInput(t.socket) || t.saidGoodbye.Swap(true) {
		return
	}
	t.set.lingered.Add(1)
	_ = t.raw.Close()
}
