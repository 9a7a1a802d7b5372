package httpserver

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/http2"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/original"
)

// net/http reads its settings for every connection and request without a lock, so
// the *http.Server that serves must not change. Instead, a changed copy accepts
// from then on. Connections that were accepted before keep their settings until
// they end.

// install makes the template from http, and makes http the original.
func (s *Server) install() {
	hs := s.http
	if s.ownLog = hs.ErrorLog; hs.ErrorLog == nil {
		hs.ErrorLog = s.errorLog()
	}
	s.content = hs.Handler
	if s.content == nil {
		s.content = http.DefaultServeMux
	}
	s.h2 = http2.New(hs, s.conns, s.config().TwoStepGoAway, s.trial)
	hs.Handler = &gate{
		next: s.content, set: s.conns, requests: &s.inFlight, answered: &s.answered,
		panicked: s.panicked, http2ByHeader: s.h2.ByHeader(), aboveTLS: !s.h2.FellBack,
	}

	t := original.Copy(hs)
	s.conns.Known = hs.ConnState != nil || hs.ConnContext != nil
	t.ConnState = s.connState(hs.ConnState)
	t.ConnContext = s.connContext(hs.ConnContext)
	t.BaseContext = s.baseContext(hs.BaseContext)
	s.template = t

	s.original = original.Take(hs, t.ConnState)
}

func (s *Server) connState(hook func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	if hook == nil {
		return s.conns.Note
	}
	s.conns.Closed = func(nc net.Conn) { hook(conns.Bare(nc), http.StateClosed) }
	return func(nc net.Conn, state http.ConnState) {
		hidden := conns.Hides(nc, state)
		s.conns.Note(nc, state)
		if !hidden {
			hook(conns.Bare(nc), state)
		}
	}
}

// ofServer is a context that net/http gives, and the same with the application's
// server.
type ofServer struct{ from, ctx context.Context }

// connContext lets handlers find the application's server, not a copy of it.
func (s *Server) connContext(own func(context.Context, net.Conn) context.Context) func(context.Context, net.Conn) context.Context {
	var last atomic.Pointer[ofServer]
	return func(ctx context.Context, nc net.Conn) context.Context {
		if t := conns.Of(nc); t != nil && t.Context() != nil { // it has rested
			return t.Context()
		}
		of := last.Load()
		if of == nil || of.from != ctx { // net/http has one for each loop of Serve
			of = &ofServer{ctx, context.WithValue(ctx, http.ServerContextKey, s.http)}
			last.Store(of)
		}
		ctx = of.ctx
		if own != nil {
			ctx = own(ctx, conns.Bare(nc))
		}
		return conns.WithConn(ctx, nc)
	}
}

// baseContext calls the application's function once for each address: copies of the
// server serve the address too.
func (s *Server) baseContext(own func(net.Listener) context.Context) func(net.Listener) context.Context {
	var made sync.Map // for each address a function that returns its context
	return func(l net.Listener) context.Context {
		if own == nil {
			return s.requests
		}
		once, _ := made.LoadOrStore(l.Addr().String(), sync.OnceValue(func() context.Context {
			ctx, cancel := context.WithCancelCause(s.withValues(own(l)))
			context.AfterFunc(s.requests, func() { cancel(context.Cause(s.requests)) })
			return ctx
		}))
		return once.(func() context.Context)()
	}
}

// replaceServer makes a server with changed settings accept from now on.
func (s *Server) replaceServer(change func(*http.Server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.template == nil { // it has not begun to serve
		change(s.http)
		return
	}
	if s.gone {
		return
	}
	change(s.template)
	s.older.Add(s.accepting) // which lives as long as its connections
	s.copyLocked()
	s.listeners.ReplaceServer()
	s.conns.Queue.ReplaceServer()
}

// copyLocked makes the copy that accepts from now on. Called with s.mu held.
func (s *Server) copyLocked() {
	next := original.Copy(s.template)
	s.h2.SetUp(next, s.http)
	if s.original.KeepAlivesDisabled() {
		next.SetKeepAlivesEnabled(false)
	}
	if s.secure != nil {
		s.secure.update(next)
	}
	s.accepting = next
}

// disableKeepAlives does to the copies what the application has done to its server.
func (s *Server) disableKeepAlives() {
	for _, hs := range s.all() {
		hs.SetKeepAlivesEnabled(false)
	}
	s.h2.DisableKeepAlives()
	s.conns.CloseResting()
}

// settings returns a server with the settings for new connections.
func (s *Server) settings() *http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.template, s.http)
}

// current returns the server that accepts.
func (s *Server) current() *http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepting
}

// all returns the servers that may have connections.
func (s *Server) all() []*http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accepting == nil {
		return nil
	}
	return append(s.older.All(), s.accepting)
}
