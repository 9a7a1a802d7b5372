package http2

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/original"
)

// prefaceTimeout is net/http's own limit for the preface of a client.
const prefaceTimeout = 10 * time.Second

// innerServer serves the connections of hs that have negotiated HTTP/2.
type innerServer struct {
	h2 *HTTP2
	hs *http.Server

	mu      sync.Mutex
	current *http.Server // replaced once it is shut down

	once      sync.Once // guards everything below
	announced []byte
	err       error
}

// behindTLS is the function that net/http calls for a connection that has
// negotiated HTTP/2.
func (in *innerServer) behindTLS(hs *http.Server, c *tls.Conn, h http.Handler) {
	state := c.ConnectionState()
	if !strongEnough(&state, hs) {
		_, _ = c.Write(h2frame.Refuse(h2frame.InadequateSecurity))
		return
	}
	t := conns.Of(c)
	nc := newInnerConn(c, t, h)
	nc.tls = &state
	in.become(t, nc)
	_ = c.SetReadDeadline(time.Now().Add(prefaceTimeout))
	in.serve(nc)
}

// become records that the connection speaks HTTP/2.
func (in *innerServer) become(t *conns.Tracked, nc *innerConn) {
	in.h2.set.BecomeHTTP2(t, nc.HTTP2Conn.Conn, in.h2.twoStep)
}

// serve blocks until nc is closed.
func (in *innerServer) serve(nc *innerConn) {
	for {
		in.mu.Lock()
		server := in.current
		in.mu.Unlock()
		one := original.NewSingle(nc, nc.closed)
		if _ = server.Serve(one); one.Given() {
			break
		}
		in.mu.Lock() // the server was shut down, and this handshake came late
		if server == in.current {
			in.current = in.h2.newInner(in.hs)
		}
		in.mu.Unlock()
	}
	<-nc.closed
}

// innerConn is a connection behind the TLS of one server, which an inner server
// serves. It has no ConnectionState, so that the inner server takes it for a
// connection without TLS.
type innerConn struct {
	*conns.HTTP2Conn
	tls     *tls.ConnectionState
	handler http.Handler    // of the first server
	ctx     context.Context // of the first server's connection
	closed  chan struct{}   // closed by Close
	once    sync.Once
}

func newInnerConn(nc net.Conn, t *conns.Tracked, h http.Handler) *innerConn {
	return &innerConn{HTTP2Conn: conns.NewHTTP2Conn(nc, t), handler: h, ctx: t.Context(), closed: make(chan struct{})}
}

// Close implements net.Conn.
func (c *innerConn) Close() error {
	defer c.once.Do(func() { close(c.closed) })
	return c.HTTP2Conn.Close()
}

type innerKey struct{}

// newInner makes the server that serves HTTP/2 behind the TLS of hs.
func (h2 *HTTP2) newInner(hs *http.Server) *http.Server {
	inner := original.Copy(hs)
	inner.Addr, inner.TLSConfig, inner.TLSNextProto, inner.BaseContext = "", nil, nil, nil
	inner.Protocols = new(http.Protocols)
	inner.Protocols.SetUnencryptedHTTP2(true)
	inner.Handler = http.HandlerFunc(serveInner)
	inner.ConnContext = func(_ context.Context, nc net.Conn) context.Context {
		c := nc.(*innerConn)
		return context.WithValue(c.ctx, innerKey{}, c)
	}
	hook := hs.ConnState
	inner.ConnState = func(nc net.Conn, state http.ConnState) {
		if state == http.StateActive || state == http.StateIdle { // hs reports the others
			hook(nc, state)
		}
	}
	h2.mu.Lock()
	defer h2.mu.Unlock()
	h2.inner.Add(inner)
	if h2.noKeepAlives {
		inner.SetKeepAlivesEnabled(false)
	}
	return inner
}

// serveInner passes a request to the first server, as if that had read it itself.
func serveInner(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(innerKey{}).(*innerConn)
	r.TLS = c.tls
	server := c.ctx.Value(http.ServerContextKey)
	if r.Context().Value(http.ServerContextKey) != server { // until Go 1.26
		*r = *r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, server))
	}
	c.handler.ServeHTTP(w, r)
}

// strongEnough reports whether TLS is as RFC 9113, 9.2 demands, with net/http's
// checks: net/http does not see the TLS of an inner server's connection.
func strongEnough(s *tls.ConnectionState, hs *http.Server) bool {
	if s.Version != tls.VersionTLS12 || hs.HTTP2 != nil && hs.HTTP2.PermitProhibitedCipherSuites {
		return s.Version >= tls.VersionTLS12
	}
	name := tls.CipherSuiteName(s.CipherSuite)
	return strings.HasPrefix(name, "TLS_ECDHE_") &&
		(strings.Contains(name, "_GCM_") || strings.Contains(name, "CHACHA20"))
}
