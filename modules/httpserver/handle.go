package httpserver

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// The *http.Server of the application accepts no client. Copies of its exported
// fields do, because a server that serves can neither change its settings nor run
// what was given to RegisterOnShutdown without dropping requests. What else it
// holds cannot be copied, and need not be: it serves beside the copies, one
// connection of ours alone, and shows there what becomes of it.
//
//   - RegisterOnShutdown: in Unbind its Shutdown is called, which finds nothing to
//     drop.
//   - SetKeepAlivesEnabled(false), at any time: our connection, which is idle, is
//     closed, and the copies get the same call. To allow keep-alives again has no
//     effect.
//   - Shutdown or Close by the application: Serve returns, and the application
//     stops.
//   - HTTP/2 that the application has set up there serves its clients, see
//     servedBy.

// handle is the application's server, as far as it serves.
type handle struct {
	hs     *http.Server
	only   *single    // what it serves
	shown  *shownConn // the connection in that
	client net.Conn   // its other end

	ending       atomic.Bool   // the end of Serve is expected
	ended        atomic.Bool   // it was not
	shut         chan struct{} // the functions of RegisterOnShutdown have been called
	noKeepAlives atomic.Bool
	work         sync.WaitGroup
}

// handleTimeout bounds the one request on our connection, and the end of it.
const handleTimeout = 2 * time.Second

type handleKey struct{}

// handler answers our request, and leaves those of the application's HTTP/2 to
// next.
func (h *handle) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(handleKey{}) == nil {
			next.ServeHTTP(w, r)
		}
	})
}

// connContext returns the context that the connection has already.
func (h *handle) connContext(ctx context.Context, nc net.Conn) context.Context {
	if t := conns.Of(nc); t != nil {
		return t.Context()
	}
	return context.WithValue(ctx, handleKey{}, true)
}

// connState passes on to hook what happens on the application's HTTP/2.
func (h *handle) connState(hook func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	return func(nc net.Conn, state http.ConnState) {
		t := conns.Of(nc)
		if t == nil {
			return
		}
		switch state {
		case http.StateActive, http.StateIdle: // the rest comes from the copy
			hook(nc, state)
		case http.StateClosed:
			t.Released()
		}
	}
}

// serve begins to serve, and returns when it is known whether keep-alives are
// enabled. Later, disabled is called when they are not any more, and ended when the
// application has ended its server.
func (h *handle) serve(disabled func(), ended func(error)) {
	client, server := net.Pipe()
	h.client = client
	h.shown = &shownConn{Conn: server, closed: make(chan struct{})}
	h.only = newSingle(h.shown, nil)
	h.shut = make(chan struct{})
	h.hs.RegisterOnShutdown(sync.OnceFunc(func() { close(h.shut) }))
	h.work.Go(func() {
		if err := h.hs.Serve(h.only); !h.ending.Load() {
			h.ended.Store(true)
			ended(err)
		}
	})
	_ = client.SetDeadline(time.Now().Add(handleTimeout))
	_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: server\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(client), nil)
	_ = client.SetDeadline(time.Time{})
	if err != nil { // it does not speak HTTP/1
		return
	}
	if res.Close {
		h.noKeepAlives.Store(true)
		return
	}
	h.work.Go(func() {
		<-h.shown.closed
		select {
		case <-h.only.closed: // it has ended
		default:
			h.noKeepAlives.Store(true)
			disabled()
		}
	})
}

// shutDown ends the server, and calls what was given to RegisterOnShutdown unless
// the application has done so itself. It does not wait for these functions.
func (h *handle) shutDown() {
	h.ending.Store(true)
	_ = h.only.Close()
	_ = h.client.Close()
	select {
	case <-h.shown.closed: // net/http has let go of it
	case <-time.After(handleTimeout):
	}
	if h.ended.Load() { // by Shutdown, which has begun to call them, or by Close
		select {
		case <-h.shut:
			return
		case <-time.After(250 * time.Millisecond):
		}
	}
	over, cancel := context.WithCancel(context.Background())
	cancel() // HTTP/2 that the application has set up is asked to leave, not waited for
	_ = h.hs.Shutdown(over)
	h.work.Wait()
}

// shownConn is the server's end of our connection. Its client is never late.
type shownConn struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

// SetReadDeadline ignores what net/http wants of an idle connection.
func (c *shownConn) SetReadDeadline(t time.Time) error {
	if t.After(time.Now()) {
		t = time.Time{}
	}
	return c.Conn.SetReadDeadline(t)
}

// Close implements net.Conn.
func (c *shownConn) Close() error {
	defer c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
