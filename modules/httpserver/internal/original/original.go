// Package original has the *http.Server of the application, which accepts no
// client. Copies of its exported fields do, because a server that serves can
// neither change its settings nor run what was given to RegisterOnShutdown without
// dropping requests. Its other state cannot be copied, and need not be: the
// original serves beside the copies, but only one connection of ours, on which it
// shows what happens to it.
//
//   - RegisterOnShutdown: in Unbind its Shutdown is called, which finds nothing to
//     drop.
//   - SetKeepAlivesEnabled(false), at any time: our connection, which is idle, is
//     closed, and the copies get the same call. Allowing keep-alives again has no
//     effect.
//   - Shutdown or Close by the application: Serve returns, and the application
//     stops.
//   - HTTP/2 that the application has set up there serves its clients, see package
//     http2.
package original

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// Server is the application's server, as far as it serves.
type Server struct {
	hs     *http.Server
	only   *Single    // what it serves
	shown  *shownConn // the connection in it
	client net.Conn   // its other end

	ending       atomic.Bool   // the end of Serve is expected
	ended        atomic.Bool   // Serve has ended unexpectedly
	shut         chan struct{} // the functions of RegisterOnShutdown have been called
	noKeepAlives atomic.Bool
	shutIn       uint64 // the goroutine of ShutDown
	work         sync.WaitGroup
}

// timeout bounds the one request on our connection, and the end of the connection.
const timeout = 2 * time.Second

type ourKey struct{}

// Take makes a Server of hs, which must not have served. The handler, hooks and
// contexts of its copies are those that hs has now; state is their ConnState.
func Take(hs *http.Server, state func(net.Conn, http.ConnState)) *Server {
	s := &Server{hs: hs}
	hs.Handler, hs.ConnState = answer(hs.Handler), pass(state)
	hs.ConnContext, hs.BaseContext = connContext, nil
	return s
}

// answer answers our request, and passes those of the application's HTTP/2 to next.
func answer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(ourKey{}) == nil {
			next.ServeHTTP(w, r)
		}
	})
}

// connContext returns the context that the connection already has.
func connContext(ctx context.Context, nc net.Conn) context.Context {
	if t := conns.Of(nc); t != nil {
		return t.Context()
	}
	return context.WithValue(ctx, ourKey{}, true)
}

// pass returns a hook that passes states of the application's HTTP/2 on to hook.
func pass(hook func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	return func(nc net.Conn, state http.ConnState) {
		t := conns.Of(nc)
		if t == nil {
			return
		}
		switch state {
		case http.StateActive, http.StateIdle: // the copy reports the others
			hook(nc, state)
		case http.StateClosed:
			t.Released()
		}
	}
}

// Serve begins to serve, and returns when it is known whether keep-alives are
// enabled. Later it calls disabled when the application disables them, and ended
// when the application has ended its server.
func (s *Server) Serve(disabled func(), ended func(error)) {
	client, server := net.Pipe()
	s.client = client
	s.shown = &shownConn{Conn: server, closed: make(chan struct{})}
	s.only = NewSingle(s.shown, nil)
	s.shut = make(chan struct{})
	s.hs.RegisterOnShutdown(sync.OnceFunc(func() { close(s.shut) }))
	s.work.Go(func() {
		if err := s.hs.Serve(s.only); !s.ending.Load() {
			s.ended.Store(true)
			ended(err)
		}
	})
	_ = client.SetDeadline(time.Now().Add(timeout))
	_, _ = io.WriteString(client, "GET / HTTP/1.1\r\nHost: server\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(client), nil)
	_ = client.SetDeadline(time.Time{})
	if err != nil { // it does not speak HTTP/1
		return
	}
	if res.Close {
		s.noKeepAlives.Store(true)
		return
	}
	s.work.Go(func() {
		<-s.shown.closed
		select {
		case <-s.only.closed: // it has ended
		default:
			s.noKeepAlives.Store(true)
			disabled()
		}
	})
}

// ShutDown ends the server, and calls what was given to RegisterOnShutdown unless
// the application has done so itself. It does not wait for these functions.
func (s *Server) ShutDown() {
	s.ending.Store(true)
	_ = s.only.Close()
	_ = s.client.Close()
	select {
	case <-s.shown.closed: // net/http has closed it
	case <-time.After(timeout):
	}
	if s.ended.Load() { // by Shutdown, which has begun to call them, or by Close
		select {
		case <-s.shut:
			return
		case <-time.After(250 * time.Millisecond):
		}
	}
	over, cancel := context.WithCancel(context.Background())
	cancel() // HTTP/2 that the application has set up is asked to leave, not waited for
	s.shutIn = guard.GoroutineID()
	_ = s.hs.Shutdown(over)
	s.work.Wait()
}

// Unfinished returns the names of the functions given to RegisterOnShutdown that
// ShutDown has called and that have not returned. Call it after ShutDown.
func (s *Server) Unfinished() []string {
	return guard.StartedBy("net/http.(*Server).Shutdown", s.shutIn)
}

// KeepAlivesDisabled reports whether the application has disabled keep-alives.
func (s *Server) KeepAlivesDisabled() bool { return s.noKeepAlives.Load() }

// shownConn is the server's end of our connection. Its client never times out.
type shownConn struct {
	net.Conn
	closed chan struct{}
	once   sync.Once
}

// SetReadDeadline ignores net/http's deadline of an idle connection.
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
