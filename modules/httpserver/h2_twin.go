package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// prefaceTimeout is net/http's own limit for the preface of a client.
const prefaceTimeout = 10 * time.Second

// behindTLS serves the connections of hs that have chosen HTTP/2.
func (h2 *http2) behindTLS(hs *http.Server) serveConn {
	var mu sync.Mutex // guards twin
	twin := h2.twin(hs)
	return func(hs *http.Server, c *tls.Conn, h http.Handler) {
		state := c.ConnectionState()
		if !strongEnough(&state, hs) {
			_, _ = c.Write(goAwayFor(inadequateSecurity))
			return
		}
		l := lifeOf(c)
		b := &behind{
			goAwayConn: &goAwayConn{Conn: c, life: l},
			tls:        &state, handler: h, ctx: l.ctx, closed: make(chan struct{}),
		}
		if h2.twoStep {
			h2.conns.becomeHTTP2(l, b.goAwayConn)
		} else {
			h2.conns.becomeHTTP2(l, nil)
		}
		_ = c.SetReadDeadline(time.Now().Add(prefaceTimeout))
		for {
			mu.Lock()
			t := twin
			mu.Unlock()
			one := newSingle(b, b.closed)
			if _ = t.Serve(one); one.given.Load() {
				break
			}
			mu.Lock() // it has been shut down, and this is a late handshake
			if t == twin {
				twin = h2.twin(hs)
			}
			mu.Unlock()
		}
		<-b.closed
	}
}

// behind is a connection behind the TLS of one server, which another one serves. It has
// no ConnectionState, so that the other takes it for one without TLS.
type behind struct {
	*goAwayConn
	tls     *tls.ConnectionState
	handler http.Handler    // of the first server
	ctx     context.Context // of the first server's connection
	closed  chan struct{}   // closed by Close
	once    sync.Once
}

// Close implements net.Conn.
func (b *behind) Close() error {
	defer b.once.Do(func() { close(b.closed) })
	return b.goAwayConn.Close()
}

type behindKey struct{}

// twin makes the server that serves HTTP/2 behind the TLS of hs.
func (h2 *http2) twin(hs *http.Server) *http.Server {
	t := copyOfServer(hs)
	t.Addr, t.TLSConfig, t.TLSNextProto, t.BaseContext = "", nil, nil, nil
	t.Protocols = new(http.Protocols)
	t.Protocols.SetUnencryptedHTTP2(true)
	t.Handler = http.HandlerFunc(serveBehind)
	t.ConnContext = func(_ context.Context, nc net.Conn) context.Context {
		b := nc.(*behind)
		return context.WithValue(b.ctx, behindKey{}, b)
	}
	hook := hs.ConnState
	t.ConnState = func(nc net.Conn, state http.ConnState) {
		if state == http.StateActive || state == http.StateIdle { // the rest comes from hs
			hook(nc, state)
		}
	}
	h2.mu.Lock()
	defer h2.mu.Unlock()
	h2.twins.add(t)
	return t
}

// serveBehind gives a request to the first server, as if it had read it itself.
func serveBehind(w http.ResponseWriter, r *http.Request) {
	b := r.Context().Value(behindKey{}).(*behind)
	r.TLS = b.tls
	server := b.ctx.Value(http.ServerContextKey)
	if r.Context().Value(http.ServerContextKey) != server { // until Go 1.26
		*r = *r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, server))
	}
	b.handler.ServeHTTP(w, r)
}

// strongEnough is what RFC 9113, 9.2 demands of TLS, as net/http checks it. It does not
// see the TLS of a twin's connection.
func strongEnough(s *tls.ConnectionState, hs *http.Server) bool {
	if s.Version != tls.VersionTLS12 || hs.HTTP2 != nil && hs.HTTP2.PermitProhibitedCipherSuites {
		return s.Version >= tls.VersionTLS12
	}
	name := tls.CipherSuiteName(s.CipherSuite)
	return strings.HasPrefix(name, "TLS_ECDHE_") &&
		(strings.Contains(name, "_GCM_") || strings.Contains(name, "CHACHA20"))
}

// single is a listener with one connection. It ends when that has ended, or the server
// that it was given to has.
type single struct {
	nc     net.Conn
	ended  <-chan struct{}
	given  atomic.Bool
	closed chan struct{}
	once   sync.Once
}

func newSingle(nc net.Conn, ended <-chan struct{}) *single {
	return &single{nc: nc, ended: ended, closed: make(chan struct{})}
}

var errSingle = errors.New("there is one connection only")

func (s *single) Accept() (net.Conn, error) {
	if !s.given.Swap(true) {
		return s.nc, nil
	}
	select {
	case <-s.ended:
	case <-s.closed:
	}
	return nil, errSingle
}

func (s *single) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *single) Addr() net.Addr { return s.nc.LocalAddr() }
