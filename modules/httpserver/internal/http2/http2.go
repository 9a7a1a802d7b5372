// Package http2 holds the HTTP/2 of a server, which needs two things that net/http
// does not offer. A client should leave in two steps, so that no stream on its way
// is lost (see package h2conn), and it should be asked to leave without Shutdown,
// which drops HTTP/1 requests. Both use only what net/http documents:
//
//   - Without TLS, net/http serves HTTP/2 on our connection. That connection sees
//     the preface of the client pass, and follows the frames from there on.
//   - Through TLS, Server.TLSNextProto["h2"] is ours, and its function owns the
//     connection. An inner server serves it as HTTP/2 without TLS.
//
// Both ways are tried when the first server starts, see Possible. If a new Go no
// longer allows them, HTTP/2 is net/http's own: a client is asked to leave with its
// next response, and an idle connection is closed after the linger.
package http2

import (
	"context"
	"crypto/tls"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/original"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/weaklist"
)

// HTTP2 is the HTTP/2 of a server.
type HTTP2 struct {
	set     *conns.Set
	own     bool // TLSNextProto["h2"] is ours
	twoStep bool // goodbyes are ours

	FellBack bool // it would be ours if net/http allowed it; constant

	latest atomic.Pointer[innerServer] // of the server that accepts

	mu           sync.Mutex
	inner        weaklist.List[http.Server] // each lives as long as its connections
	noKeepAlives bool                       // the application has disabled them
}

// serveConn is the function that net/http calls for a connection that has
// negotiated another protocol than HTTP/1.
type serveConn = func(*http.Server, *tls.Conn, http.Handler)

// unencrypted is the name under which ConfigureServer of x/net may set up HTTP/2
// without TLS.
const unencrypted = "unencrypted_http2"

// New decides how a server like hs, which has not served, speaks HTTP/2. possible
// reports whether net/http allows our part of it.
func New(hs *http.Server, set *conns.Set, twoStep bool, possible func() bool) *HTTP2 {
	h2 := &HTTP2{set: set}
	if twoStep {
		set.FollowTaken()
	}
	if !Wanted(hs) {
		return h2
	}
	secure := HasCertificate(hs.TLSConfig)
	_, foreign := hs.TLSNextProto["h2"] // the application has set it up itself
	foreign = foreign && secure
	ours := !foreign && possible()
	h2.FellBack = !foreign && !ours
	h2.twoStep = twoStep && ours
	switch {
	case !secure:
		set.ExpectPreface(ours, h2.twoStep)
	case ours:
		h2.own = true
	default:
		set.ExpectNegotiated()
	}
	return h2
}

// Wanted reports whether net/http speaks HTTP/2 on the connections of hs. A
// TLSNextProto without it turns it off, unless Protocols turns it on.
func Wanted(hs *http.Server) bool {
	switch {
	case strings.Contains(os.Getenv("GODEBUG"), "http2server=0"):
		return false
	case !HasCertificate(hs.TLSConfig):
		return hs.Protocols != nil && hs.Protocols.UnencryptedHTTP2()
	case hs.Protocols != nil:
		return hs.Protocols.HTTP2()
	}
	_, has := hs.TLSNextProto["h2"]
	return hs.TLSNextProto == nil || has
}

// HasCertificate reports whether a server with this configuration speaks TLS.
func HasCertificate(c *tls.Config) bool {
	return c != nil && (len(c.Certificates) > 0 || c.GetCertificate != nil || c.GetConfigForClient != nil)
}

// ByHeader reports whether net/http sends GOAWAY only for a response with
// Connection: close.
func (h2 *HTTP2) ByHeader() bool { return !h2.own && !h2.twoStep }

// SetUp gives hs, which has not served, its HTTP/2. app is the application's
// server.
func (h2 *HTTP2) SetUp(hs, app *http.Server) {
	protocols := maps.Clone(hs.TLSNextProto) // net/http writes into it
	if _, has := protocols[unencrypted]; !has && !HasCertificate(hs.TLSConfig) {
		delete(protocols, "h2") // without TLS it would only turn off net/http's own
	}
	for name, serve := range protocols {
		if name == "h2" { // ConfigureServer of x/net sets up app, not a copy
			serve = servedBy(app, serve)
		}
		protocols[name] = func(hs *http.Server, c *tls.Conn, h http.Handler) {
			h2.set.BecomeHTTP2(conns.Of(c), nil, false)
			serve(hs, c, h)
		}
	}
	if h2.own {
		if protocols == nil {
			protocols = map[string]serveConn{}
		}
		in := &innerServer{h2: h2, hs: hs, current: h2.newInner(hs)}
		protocols["h2"] = in.behindTLS
		h2.latest.Store(in)
	}
	hs.TLSNextProto = protocols
}

// servedBy gives connections to the server that the application has set up and,
// once that is shut down, to serve.
func servedBy(app *http.Server, serve serveConn) serveConn {
	return func(hs *http.Server, c *tls.Conn, h http.Handler) {
		t, ended := conns.Of(c), make(chan struct{})
		t.Released = sync.OnceFunc(func() { close(ended) })
		one := original.NewSingle(c, ended)
		if _ = app.Serve(one); !one.Given() {
			serve(hs, c, h)
			return
		}
		<-ended
	}
}

// Close closes the HTTP/2 connections over TLS.
func (h2 *HTTP2) Close() {
	if h2 == nil {
		return
	}
	h2.mu.Lock()
	inner := h2.inner.All()
	h2.mu.Unlock()
	for _, hs := range inner {
		_ = hs.Close()
	}
}

// DisableKeepAlives does to the inner servers what the application has done to its
// server: SetKeepAlivesEnabled(false).
func (h2 *HTTP2) DisableKeepAlives() {
	if h2 == nil {
		return
	}
	h2.mu.Lock()
	h2.noKeepAlives = true
	inner := h2.inner.All()
	h2.mu.Unlock()
	for _, hs := range inner {
		hs.SetKeepAlivesEnabled(false)
	}
}

// ShutDown asks clients of HTTP/2 over TLS to leave, if they leave in one step.
// Streams that have begun run to their end.
func (h2 *HTTP2) ShutDown() {
	if h2 == nil || !h2.own || h2.twoStep {
		return
	}
	h2.mu.Lock()
	inner := h2.inner.All()
	h2.mu.Unlock()
	over, cancel := context.WithCancel(context.Background())
	cancel() // without waiting
	for _, hs := range inner {
		_ = hs.Shutdown(over)
	}
}
