package conns

import (
	"net"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2conn"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// HTTP2Conn is an HTTP/2 connection whose frames are followed, and which net/http
// serves above TLS.
type HTTP2Conn struct {
	*h2conn.Conn
	tracked *Tracked
}

// NewHTTP2Conn returns the connection for serving HTTP/2 on nc, from the preface
// on. t is the Tracked of the socket below.
func NewHTTP2Conn(nc net.Conn, t *Tracked) *HTTP2Conn {
	return &HTTP2Conn{h2conn.New(nc, t.client()), t}
}

func (c *HTTP2Conn) state() *Tracked    { return c.tracked }
func (c *HTTP2Conn) aboveTLS() net.Conn { return c.Conn.Conn }

// client returns what h2conn needs to follow the frames of t.
func (t *Tracked) client() h2conn.Client {
	return h2conn.Client{Life: &t.life, Streams: &t.streams, Talks: &t.talks, Socket: t.socket, Draining: &t.set.draining}
}

// ExpectPreface makes the Set recognize HTTP/2 without TLS. followed is true if its
// frames can be followed; with twoStep, its clients leave in two steps. It is
// called before the first Add.
func (s *Set) ExpectPreface(followed, twoStep bool) {
	s.http2.preface, s.http2.followed, s.http2.twoStep = true, followed, twoStep
}

// ExpectNegotiated makes the Set recognize net/http's own HTTP/2 over TLS. It is
// called before the first Add.
func (s *Set) ExpectNegotiated() { s.http2.negotiated = true }

// BecomeHTTP2 records that t speaks HTTP/2: instead of a goroutine that waits
// between two requests there are streams that begin and end. c is nil if its frames
// are not followed; with twoStep, c says goodbye. A client that connects when the
// server is leaving is asked to leave when its first stream has begun, see
// noteHTTP2, or after lateTimeout.
func (s *Set) BecomeHTTP2(t *Tracked, c *h2conn.Conn, twoStep bool) {
	if t == nil {
		return
	}
	s.mu.Lock()
	t.http2, t.belowTLS, t.followed = true, true, c
	if twoStep && c != nil {
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

// lateTimeout is how long a client that connects when the server is leaving may
// wait before its first stream.
const lateTimeout = 3 * time.Second

// closeIfIdle closes an HTTP/2 connection without streams to which no GOAWAY can be
// sent, unless a request waits in the socket.
func (t *Tracked) closeIfIdle() {
	if !t.http2 || t.goodbye != nil || t.streams.Load() || socket.HasInput(t.socket) || t.saidGoodbye.Swap(true) {
		return
	}
	t.set.lingered.Add(1)
	_ = t.raw.Close()
}

// noPreface is the state of a connection on which no HTTP/2 preface can come.
const noPreface = -1

// lookForPreface is called with what the client sends, as net/http reads it, until
// it is known whether it is HTTP/2 without TLS. net/http reads exactly the preface;
// if it reads more, frames cannot be followed, and the goodbye is net/http's.
func (t *Tracked) lookForPreface(p []byte) {
	if t.preface == noPreface || len(p) == 0 {
		return
	}
	rest := h2frame.Preface[t.preface:]
	n := min(len(p), len(rest))
	switch {
	case string(p[:n]) != rest[:n]:
		t.preface = noPreface
	case n < len(rest):
		t.preface += int8(n)
	default:
		t.preface = noPreface
		if t.set.http2.followed && n == len(p) {
			t.inPlace = h2conn.Follow(t.raw, t.client())
		}
		t.set.BecomeHTTP2(t, t.inPlace, t.set.http2.twoStep)
	}
}
