package httpserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/gracefulfx/graceful/app"
)

// Server is one *http.Server under the plan of the App: bound before anything serves, opened when everything has
// started, drained when the process stops. All methods may be called by anyone at any time and none blocks.
type Server struct {
	name    string
	app     *app.App
	config  func() *Config
	http    *http.Server
	idle    bool        // the application brought nothing to serve
	sockets app.Sockets // nil: opened by this process, for itself alone

	conns    *connSet
	answered atomic.Int64 // requests that ended while draining
	panics   atomic.Int64

	endRequests context.CancelCauseFunc // cancels the context of every request
	requests    context.Context         // parent of the context of every request

	listener atomic.Pointer[listener] // set by bind
	stopping atomic.Bool              // the end of Serve is expected
	patrol   sync.WaitGroup
	serving  atomic.Bool
	served   chan struct{} // closed when Serve has returned
}

// New puts hs under the plan of a, as the server called name. It takes over hs: Handler, ConnState, BaseContext and,
// where nil, ErrorLog are replaced by ones that call what was there, so hs must not be used to Serve or Shutdown. It
// listens on hs.Addr, or on the configured address where that is empty. Call it before a starts.
func New(a *app.App, name string, hs *http.Server, config func() *Config) *Server {
	s := &Server{name: name, app: a, config: config, http: hs, conns: newConnSet(), served: make(chan struct{})}
	s.conns.limit = config().MaxConnections
	s.requests, s.endRequests = context.WithCancelCause(context.Background())
	s.install()
	a.Add(app.Hook{Name: name, StartIn: app.Bind, OnStart: s.bind, StopIn: app.Unbind, OnStop: s.unbind})
	a.Add(app.Hook{Name: name, StartIn: app.Serve, OnStart: s.serve, StopIn: app.Drain, OnStop: s.drain})
	a.At(app.LameDuck, name, s.lameDuck)
	a.AddFigures(s.figures)
	return s
}

// Name returns the name of the server, "http" unless it was given another.
func (s *Server) Name() string { return s.name }

// Addr returns the address the server is bound to, with the port that :0 has become. It is nil before the phase Bind.
func (s *Server) Addr() net.Addr {
	if l := s.listener.Load(); l != nil {
		return l.Addr()
	}
	return nil
}

// install puts this package between hs and the user's parts of it.
func (s *Server) install() {
	hs := s.http
	next := hs.Handler
	if next == nil {
		next = http.DefaultServeMux
	}
	hs.Handler = &gate{next: next, conns: s.conns, answered: &s.answered, panicked: s.panicked}

	hook := hs.ConnState
	hs.ConnState = func(nc net.Conn, state http.ConnState) {
		s.conns.note(nc, state)
		if hook != nil {
			hook(bareConn(nc), state)
		}
	}
	if connContext := hs.ConnContext; connContext != nil {
		hs.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
			return connContext(ctx, bareConn(nc))
		}
	}
	base := hs.BaseContext
	hs.BaseContext = func(l net.Listener) context.Context {
		ctx := s.requests
		if base != nil {
			own, cancel := context.WithCancelCause(base(l))
			context.AfterFunc(s.requests, func() { cancel(context.Cause(s.requests)) })
			ctx = own
		}
		return s.app.WithDraining(context.WithValue(ctx, connSetKey{}, s.conns))
	}
	if hs.ErrorLog == nil {
		hs.ErrorLog = s.errorLog()
	}
}

// bareConn is the connection as the user knows it from net/http.
func bareConn(nc net.Conn) net.Conn {
	if t, ok := nc.(tracked); ok {
		return t.tracked().raw
	}
	return nc
}

func (s *Server) bind(ctx context.Context) error {
	addr := s.http.Addr
	if addr == "" {
		addr = s.config().Addr
	}
	sockets := s.sockets
	if sockets == nil {
		sockets = app.OpenSockets()
	}
	ln, err := sockets.Listen(ctx, s.name, "tcp", addr)
	if err != nil {
		return explainListen(err, s.name, addr)
	}
	s.app.Bound(s.name, ln.Addr())
	s.listener.Store(&listener{Listener: ln, conns: s.conns, layered: hasCertificate(s.http.TLSConfig)})
	s.app.Bound(s.name, ln.Addr())
	return nil
}

func hasCertificate(c *tls.Config) bool {
	return c != nil && (len(c.Certificates) > 0 || c.GetCertificate != nil || c.GetConfigForClient != nil)
}

func (s *Server) serve(context.Context) error {
	l := s.listener.Load()
	s.serving.Store(true)
	if t := s.config().StallTimeout; t > 0 {
		s.patrol.Go(func() { s.conns.patrol(s.requests, t) })
	}
	go func() {
		defer close(s.served)
		var err error
		if l.layered {
			err = s.http.ServeTLS(l, "", "")
		} else {
			err = s.http.Serve(l)
		}
		if s.stopping.Load() {
			return
		}
		s.app.Stop(app.Reason{Kind: app.ServeFailed, By: "server " + s.name, Err: fmt.Errorf("serve %s: %w", l.Addr(), err), Code: 1})
	}()

	level, text := slog.LevelDebug, "listening"
	if s.idle {
		level, text = slog.LevelInfo, "listening, with nothing to serve but health: the application provides no http.Handler; add fx.Provide(newHandler)"
	}
	s.app.Note(app.Note{Level: level, Text: text, Attrs: []slog.Attr{slog.String("server", s.name), slog.String("addr", l.Addr().String())}})
	return nil
}
