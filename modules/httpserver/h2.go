package httpserver

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// HTTP/2 has two needs that net/http does not serve. A client should leave in two steps,
// so that no stream on its way is lost (see goAwayConn), and HTTP/2 should be told to
// leave without Shutdown, which throws away requests of HTTP/1. Only what net/http
// documents is used for both:
//
//   - Without TLS, net/http serves HTTP/2 on our connection. That connection sees the
//     preface of the client pass, and follows the frames from there on.
//   - Through TLS, Server.TLSNextProto["h2"] is ours, and its function owns the
//     connection. A second server, see twin, serves it as HTTP/2 without TLS.
//
// Both ways are tried when the first server starts, see speaksHTTP2. Where a new Go does
// not allow them any more, HTTP/2 is net/http's own: a client is asked to leave with its
// next response, and one that is idle is closed after the linger.

// http2 is the HTTP/2 of a server.
type http2 struct {
	conns   *connSet
	own     bool // TLSNextProto["h2"] is ours
	twoStep bool // goodbyes are ours

	fellBack bool // it would be ours, if net/http let us

	mu    sync.Mutex
	twins passing[http.Server] // each lives as long as its connections
}

// serveConn is what net/http calls for a connection that has chosen another protocol
// than HTTP/1.
type serveConn = func(*http.Server, *tls.Conn, http.Handler)

// unencrypted is the name under which ConfigureServer of x/net sets up HTTP/2 without
// TLS, where it does.
const unencrypted = "unencrypted_http2"

// newHTTP2 decides how a server like hs, which has not served, speaks HTTP/2. possible
// reports whether net/http lets us do our part.
func newHTTP2(hs *http.Server, conns *connSet, twoStep bool, possible func() bool) *http2 {
	h2 := &http2{conns: conns}
	if !wantsHTTP2(hs) {
		return h2
	}
	secure := hasCertificate(hs.TLSConfig)
	_, foreign := hs.TLSNextProto["h2"] // the application has set it up itself
	foreign = foreign && secure
	ours := !foreign && possible()
	h2.fellBack = !foreign && !ours
	h2.twoStep = twoStep && ours
	if secure {
		h2.own, conns.nativeHTTP2 = ours, !ours
	} else {
		conns.preface, conns.twoStep = true, h2.twoStep
	}
	return h2
}

// wantsHTTP2 reports whether net/http speaks HTTP/2 on the connections of hs. A map
// without it turns it off, unless Protocols turns it on.
func wantsHTTP2(hs *http.Server) bool {
	switch {
	case strings.Contains(os.Getenv("GODEBUG"), "http2server=0"):
		return false
	case !hasCertificate(hs.TLSConfig):
		return hs.Protocols != nil && hs.Protocols.UnencryptedHTTP2()
	case hs.Protocols != nil:
		return hs.Protocols.HTTP2()
	}
	_, has := hs.TLSNextProto["h2"]
	return hs.TLSNextProto == nil || has
}

// byHeader reports whether net/http has to be asked for a GOAWAY with a response.
func (h2 *http2) byHeader() bool { return !h2.own && !h2.twoStep }

// setUp gives hs, which has not served, its HTTP/2. original is the application's server.
func (h2 *http2) setUp(hs, original *http.Server) {
	protocols := maps.Clone(hs.TLSNextProto) // net/http writes into it
	if _, has := protocols[unencrypted]; !has && !hasCertificate(hs.TLSConfig) {
		delete(protocols, "h2") // without TLS it only keeps net/http from its own
	}
	for name, serve := range protocols {
		if name == "h2" { // ConfigureServer of x/net sets up original, and no copy
			serve = h2.servedBy(original, serve)
		}
		protocols[name] = func(hs *http.Server, c *tls.Conn, h http.Handler) {
			h2.conns.becomeHTTP2(lifeOf(c), nil)
			serve(hs, c, h)
		}
	}
	if h2.own {
		if protocols == nil {
			protocols = map[string]serveConn{}
		}
		protocols["h2"] = h2.behindTLS(hs)
	}
	hs.TLSNextProto = protocols
}

// servedBy gives connections to the server that the application has set up. Once that
// is shut down, serve has them.
func (h2 *http2) servedBy(original *http.Server, serve serveConn) serveConn {
	return func(hs *http.Server, c *tls.Conn, h http.Handler) {
		l := lifeOf(c)
		closed := make(chan struct{})
		l.closed = closed
		one := newSingle(c, closed)
		if _ = original.Serve(one); !one.given.Load() {
			l.closed = nil
			serve(hs, c, h)
			return
		}
		<-closed
	}
}

// becomeHTTP2 notes that l speaks HTTP/2: nobody waits between two requests any more,
// streams come and go. A client that comes when the server is leaving is told with its
// first stream, see noteHTTP2, so that its way was not in vain, or after a while.
func (s *connSet) becomeHTTP2(l *life, goodbye *goAwayConn) {
	if l == nil {
		return
	}
	s.mu.Lock()
	l.http2, l.layered, l.goodbye = true, true, goodbye
	late := s.leaving.Load()
	s.mu.Unlock()
	l.headDue.Store(false)
	l.phase.Store(busy)
	l.touch()
	if late {
		time.AfterFunc(lateTimeout, s.tellHTTP2)
	}
}

// lateTimeout is how long a client that comes when the server is leaving may take to
// its first stream.
const lateTimeout = 3 * time.Second

// sayGoodbye asks every HTTP/2 client to leave. Streams that have begun end in peace.
func (h2 *http2) sayGoodbye() {
	if h2 == nil {
		return
	}
	if h2.own && !h2.twoStep {
		h2.mu.Lock()
		twins := h2.twins.all()
		h2.mu.Unlock()
		over, cancel := context.WithCancel(context.Background())
		cancel() // it is not waited for
		for _, twin := range twins {
			_ = twin.Shutdown(over)
		}
	}
	h2.conns.mu.Lock()
	defer h2.conns.mu.Unlock()
	for l := range h2.conns.live.all() {
		if l.goodbye != nil {
			l.goodbye.tell()
		}
	}
}

// noteHTTP2 is note for a connection that speaks HTTP/2.
func (s *connSet) noteHTTP2(l *life, state http.ConnState) {
	switch state {
	case http.StateActive: // once for the preface, then whenever streams begin
		l.streams.Store(true)
		switch {
		case l.requests.Add(1) == 1 || !s.leaving.Load():
		case l.goodbye != nil:
			l.goodbye.tell()
		default:
			s.tellHTTP2()
		}
	case http.StateIdle:
		l.streams.Store(false)
		l.touch()
		if l.goodbye != nil {
			l.goodbye.endIfDone()
		}
	case http.StateClosed:
		s.remove(l)
	}
}

// negotiatedHTTP2 reports whether nc is a TLS connection that net/http serves as HTTP/2.
func negotiatedHTTP2(nc net.Conn) bool {
	c, ok := nc.(*tls.Conn)
	return ok && c.ConnectionState().NegotiatedProtocol == "h2"
}

// closeIfIdle closes an HTTP/2 connection without streams, to which nobody can say
// goodbye, unless a request waits in the socket.
func (l *life) closeIfIdle() {
	if l.http2 && l.goodbye == nil && !l.streams.Load() && !hasInput(l.raw) && !l.saidGoodbye.Swap(true) {
		l.conns.lingered.Add(1)
		_ = l.raw.Close()
	}
}
