package httpserver

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/http2"
)

// New puts hs under the plan of a, as the server called name. It takes over hs: in
// Bind its fields are copied to the servers that accept, and its functions are
// replaced, so hs must not be used to Serve. Its methods keep their effect.
// Functions given to RegisterOnShutdown are called in Unbind: one that has not
// returned when the drain ends is named in a warning, and a panic in one ends the
// process, since net/http calls them, unlike a panic in a function of [OnDrain].
// SetKeepAlivesEnabled(false) is obeyed at any time, and Shutdown and Close stop a.
// The server listens on hs.Addr or, if that is empty, on the configured addresses.
// Both may be several, separated by commas. If either is Off there is no server: no
// port is taken, and hs is not used. config is called from several goroutines, and
// must neither block nor return nil. Call New before a starts, once for each hs. It
// does not block.
func New(a *app.App, name string, hs *http.Server, config func() *Config) *Server {
	s := &Server{name: name, app: a, config: config, http: hs, trial: http2.Possible}
	s.conns = conns.New(conns.Config{
		Limit:       config().MaxConnections,
		IdleTimeout: func() time.Duration { hs := s.settings(); return cmp.Or(hs.IdleTimeout, hs.ReadTimeout) },
		Panicked:    s.waiterPanicked,

		StateTooLong: s.stateTooLong,
		AskHTTP2:     s.leave,
		ResumeHTTP2:  s.resumeHTTP2,
		Resting:      func() { s.serveQueue(s.Addr()) },
	})
	if s.isOff(config()) {
		s.off = true
		a.At(app.Serve, name, s.sayOff)
		return s
	}
	s.conns.SetLifetime(config().MaxConnectionAge, config().MaxConnectionRequests)
	s.requests, s.endRequests = context.WithCancelCause(s.withValues(context.Background()))
	a.Add(app.Hook{Name: name, StartIn: app.Bind, OnStart: s.bind, StopIn: app.Unbind, OnStop: s.unbind})
	a.Add(app.Hook{Name: name, StartIn: app.Serve, OnStart: s.serve, StopIn: app.Drain, OnStop: s.drain})
	a.At(app.LameDuck, name, s.lameDuck)
	a.Wiring().BeforeDraining(name, s.beforeDraining)
	a.Wiring().AddMetrics(s.metrics)
	a.Wiring().AddInFlight(s.reportInFlight)
	return s
}
