package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"
)

// net/http sends the GOAWAY of HTTP/2 to all connections at once, in Shutdown, and only there. Shutdown throws away
// HTTP/1 requests, though. So HTTP/2 is set up on a second *http.Server, which never serves anything itself. Where the
// unexported contract described at hidden holds, goodbyes are ours, see goAwayConn. Where it does not, the Shutdown of
// that second server sends net/http's GOAWAY and finds nothing else to do. It may be called again and again, which is
// what a handshake that ends late needs (golang/go#81153).

// http2 is the HTTP/2 of a server.
type http2 struct {
	conns   *connSet
	twoStep bool

	mu    sync.Mutex
	twins passing[http.Server] // one for each server, which it lives as long as
}

// setUpHTTP2 takes over the HTTP/2 of hs. It returns nil where hs does not speak it, or where somebody else has set it
// up: then its connections are only marked.
func setUpHTTP2(hs *http.Server, conns *connSet, twoStep bool) *http2 {
	// An empty map turns HTTP/2 off, unless Protocols turns it on.
	wanted := hs.Protocols != nil && (hs.Protocols.HTTP2() || hs.Protocols.UnencryptedHTTP2())
	if len(hs.TLSNextProto) > 0 || hs.TLSNextProto != nil && !wanted {
		foreign := &http2{conns: conns}
		hs.TLSNextProto = foreign.around(hs.TLSNextProto, nil)
		return nil
	}
	h2 := &http2{conns: conns}
	twin := h2.twin(hs)
	protocols := twin.TLSNextProto
	if len(protocols) == 0 {
		return nil
	}
	h2.twoStep = twoStep && protocols[unencrypted] != nil && hides(protocols[unencrypted])
	hs.TLSNextProto = h2.around(protocols, twin)
	return h2
}

// setUp gives a copy of the server an HTTP/2 with its own settings.
func (h2 *http2) setUp(hs *http.Server) {
	twin := h2.twin(hs)
	hs.TLSNextProto = h2.around(twin.TLSNextProto, twin)
}

// twin makes the second server of hs, with its protocols set up.
func (h2 *http2) twin(hs *http.Server) *http.Server {
	twin := &http.Server{
		TLSConfig:   &tls.Config{NextProtos: []string{"h2"}},
		Protocols:   hs.Protocols,
		HTTP2:       hs.HTTP2,
		IdleTimeout: hs.IdleTimeout,
		ReadTimeout: hs.ReadTimeout,
		ErrorLog:    hs.ErrorLog,
	}
	_ = twin.Serve(noListener{}) // sets up HTTP/2 and returns
	h2.mu.Lock()
	defer h2.mu.Unlock()
	h2.twins.add(twin)
	return twin
}

// around stands between net/http and the protocols of twin, if there is one, that it finds by name.
func (h2 *http2) around(protocols map[string]serveConn, twin *http.Server) map[string]serveConn {
	ours := map[string]serveConn{}
	for name, serve := range protocols {
		if h2.twoStep {
			serve = protocols[unencrypted]
		}
		ours[name] = func(hs *http.Server, c *tls.Conn, h http.Handler) {
			h2.serve(serve, hs, c, h)
			runtime.KeepAlive(twin) // who says goodbye to c
		}
	}
	return ours
}

// serveConn is what net/http calls for a connection that has chosen another protocol than HTTP/1.
type serveConn = func(*http.Server, *tls.Conn, http.Handler)

// unencrypted is where net/http looks for the HTTP/2 of connections without TLS.
const unencrypted = "unencrypted_http2"

// hidden carries a connection through a parameter that must be a *tls.Conn, as net/http does for HTTP/2 without TLS.
type hidden struct {
	net.Conn
	inside net.Conn
}

func (h hidden) UnencryptedNetConn() net.Conn { return h.inside }

// unhidden is the connection that c carries, or c.
func unhidden(c *tls.Conn) net.Conn {
	if u, ok := c.NetConn().(interface{ UnencryptedNetConn() net.Conn }); ok {
		return u.UnencryptedNetConn()
	}
	return c
}

// hides tries whether serve still finds a hidden connection: if so, HTTP/2 greets with its SETTINGS.
func hides(serve serveConn) bool {
	client, server := net.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer server.Close()
		serve(&http.Server{}, tls.Client(hidden{server, server}, nil), http.NotFoundHandler())
	}()
	_ = client.SetDeadline(time.Now().Add(time.Second))
	var head [9]byte
	_, err := io.ReadFull(client, head[:])
	_ = client.Close()
	<-ended
	return err == nil && head[3] == frameSettings
}

// serve runs HTTP/2 on the connection of c until it ends.
func (h2 *http2) serve(serve serveConn, hs *http.Server, c *tls.Conn, h http.Handler) {
	nc := unhidden(c)
	l := lifeOf(nc)
	if l == nil || !h2.twoStep {
		h2.becomes(l, nil)
		serve(hs, c, h)
		return
	}
	goodbye := &goAwayConn{Conn: nc, life: l}
	var inside net.Conn = goodbye
	if nc == net.Conn(c) {
		if !hasPreface(c) {
			return
		}
		inside = &tlsGoAwayConn{goodbye, c}
	}
	h2.becomes(l, goodbye)
	serve(hs, tls.Client(hidden{nc, inside}, nil), h)
}

// hasPreface reads what net/http has read already where there is no TLS.
func hasPreface(c *tls.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second)) // net/http's own limit
	defer c.SetReadDeadline(time.Time{})
	var preface [len(clientPreface)]byte
	_, err := io.ReadFull(c, preface[:])
	return err == nil && string(preface[:]) == clientPreface
}

// becomes notes that l speaks HTTP/2: nobody waits between two requests any more, streams come and go. A client that
// comes when the server is leaving is told with its first stream, see noteHTTP2, so that its way was not in vain, or
// after a while.
func (h2 *http2) becomes(l *life, goodbye *goAwayConn) {
	if l == nil {
		return
	}
	h2.conns.mu.Lock()
	l.http2, l.layered, l.goodbye = true, true, goodbye
	late := h2.conns.leaving.Load()
	h2.conns.mu.Unlock()
	l.headDue.Store(false)
	l.phase.Store(busy)
	if late {
		time.AfterFunc(lateTimeout, h2.sayGoodbye)
	}
}

// lateTimeout is how long a client that comes when the server is leaving may take to its first stream.
const lateTimeout = 3 * time.Second

// sayGoodbye asks every HTTP/2 client to leave. Streams that have begun end in peace.
func (h2 *http2) sayGoodbye() {
	if h2 == nil {
		return
	}
	if !h2.twoStep {
		h2.mu.Lock()
		defer h2.mu.Unlock()
		for _, twin := range h2.twins.all() {
			_ = twin.Shutdown(context.Background())
		}
		return
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
		if l.goodbye != nil {
			l.goodbye.endIfDone()
		}
	case http.StateClosed:
		s.remove(l)
	}
}

// noListener accepts nothing.
type noListener struct{}

var errNoListener = errors.New("this server does not serve")

func (noListener) Accept() (net.Conn, error) { return nil, errNoListener }
func (noListener) Close() error              { return nil }
func (noListener) Addr() net.Addr            { return &net.TCPAddr{} }
