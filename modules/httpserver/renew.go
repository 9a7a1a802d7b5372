package httpserver

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"reflect"
	"sync"
	"time"
)

// net/http reads its settings for every connection and request without a lock, so the *http.Server that serves must not
// change. It is copied instead, and the copy accepts from then on. What was accepted before keeps the settings it came
// under until it ends.

// errRenewed ends a Serve loop whose server has been replaced.
var errRenewed = errors.New("another server accepts from now on")

// copyOfServer returns a server like hs that has not served. It has every exported
// field, also those that a later Go adds.
func copyOfServer(hs *http.Server) *http.Server {
	c := &http.Server{}
	to := reflect.ValueOf(c).Elem()
	for f, field := range reflect.ValueOf(hs).Elem().Fields() {
		if f.IsExported() {
			to.FieldByIndex(f.Index).Set(field)
		}
	}
	return c
}

// install makes the template of http, and gives http what a handle needs.
func (s *Server) install() {
	hs := s.http
	if hs.ErrorLog == nil {
		hs.ErrorLog = s.errorLog()
	}
	s.content = hs.Handler
	if s.content == nil {
		s.content = http.DefaultServeMux
	}
	s.h2 = newHTTP2(hs, s.conns, s.config().TwoStepGoAway, s.trial)
	hs.Handler = &gate{next: s.content, conns: s.conns, answered: &s.answered, panicked: s.panicked, http2ByHeader: s.h2.byHeader()}

	t := copyOfServer(hs)
	t.ConnState, t.ConnContext, t.BaseContext = s.connState(hs.ConnState), s.connContext(hs.ConnContext), s.baseContext(hs.BaseContext)
	s.template = t

	h := &handle{hs: hs}
	hs.Handler, hs.ConnState, hs.ConnContext, hs.BaseContext = h.handler(hs.Handler), h.connState(t.ConnState), h.connContext, nil
	s.handle = h
}

func (s *Server) connState(hook func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	if hook == nil {
		return s.conns.note
	}
	return func(nc net.Conn, state http.ConnState) {
		s.conns.note(nc, state)
		hook(bareConn(nc), state)
	}
}

// connContext lets handlers find the application's server, and no copy of it.
func (s *Server) connContext(own func(context.Context, net.Conn) context.Context) func(context.Context, net.Conn) context.Context {
	return func(ctx context.Context, nc net.Conn) context.Context {
		ctx = context.WithValue(ctx, http.ServerContextKey, s.http)
		if own != nil {
			ctx = own(ctx, bareConn(nc))
		}
		if l := lifeOf(nc); l != nil && l.layered {
			l.ctx = ctx
		}
		return ctx
	}
}

func (s *Server) baseContext(own func(net.Listener) context.Context) func(net.Listener) context.Context {
	var made sync.Map // for each address what makes its context, once: copies of the server serve it, too
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

// renew puts a changed copy of the server in its place.
func (s *Server) renew(change func(*http.Server)) {
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
	s.older.add(s.accepting) // which lives as long as its connections
	s.copyLocked()
	if s.listener != nil {
		s.listener.renew()
	}
	s.conns.inlet.renew()
}

// copyLocked makes the server that accepts from now on.
func (s *Server) copyLocked() {
	next := copyOfServer(s.template)
	s.h2.setUp(next, s.http)
	if s.handle.noKeepAlives.Load() {
		next.SetKeepAlivesEnabled(false)
	}
	s.accepting = next
}

// disableKeepAlives does what the application has done to its server.
func (s *Server) disableKeepAlives() {
	for _, hs := range s.all() {
		hs.SetKeepAlivesEnabled(false)
	}
}

// settings are those that hold for new connections.
func (s *Server) settings() *http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.template, s.http)
}

// current is the server that accepts.
func (s *Server) current() *http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepting
}

// all are the servers that may have connections.
func (s *Server) all() []*http.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accepting == nil {
		return nil
	}
	return append(s.older.all(), s.accepting)
}

// follows says which settings of an *http.Server are those of the configuration, and not the application's own.
type follows struct{ readHeader, read, write, idle, maxHeader bool }

func followsOf(hs *http.Server, c *Config) follows {
	return follows{
		readHeader: hs.ReadHeaderTimeout == c.ReadHeaderTimeout,
		read:       hs.ReadTimeout == c.ReadTimeout,
		write:      hs.WriteTimeout == c.WriteTimeout,
		idle:       hs.IdleTimeout == c.IdleTimeout,
		maxHeader:  hs.MaxHeaderBytes == c.MaxHeaderBytes,
	}
}

// change gives hs the settings of c and reports whether any is another than before.
func (f follows) change(hs *http.Server, c *Config) (changed bool) {
	set := func(follows bool, to *time.Duration, d time.Duration) {
		if follows && *to != d {
			*to, changed = d, true
		}
	}
	set(f.readHeader, &hs.ReadHeaderTimeout, c.ReadHeaderTimeout)
	set(f.read, &hs.ReadTimeout, c.ReadTimeout)
	set(f.write, &hs.WriteTimeout, c.WriteTimeout)
	set(f.idle, &hs.IdleTimeout, c.IdleTimeout)
	if f.maxHeader && hs.MaxHeaderBytes != c.MaxHeaderBytes {
		hs.MaxHeaderBytes, changed = c.MaxHeaderBytes, true
	}
	return changed
}
