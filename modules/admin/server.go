package admin

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/recent"
	"github.com/gracefulfx/graceful/modules/admin/internal/page"
	"github.com/gracefulfx/graceful/modules/config"
)

// A Server is the admin API of one App: it answers from the first phase of the
// start to the last of the stop.
type Server struct {
	app     *app.App
	store   *config.Store // nil without configuration
	config  Config
	sockets app.Sockets
	build   Build
	process func() Process
	started time.Time
	graph   string        // in the language of Graphviz; may be empty
	recent  *recent.Lines // of the log; nil where another logger writes it

	journal *journal
	ops     *operations
	earlier earlier
	series  series
	cache   statusCache
	page    *page.Page
	guard   atomic.Pointer[guard]

	leaving chan struct{} // closed when everything else has ended
	drained chan struct{} // closed when nothing is served any longer

	mu       sync.Mutex // guards everything below
	listener *listener
	http     *http.Server
	conns    *conns
	served   chan struct{} // closed when Serve has returned; nil before it is called
	shut     bool          // the listener was closed on purpose
}

// New adds a server to the plan of a, which must not have been started. It is the
// last to stop if it is added before every other member of the phase Final. store
// may be nil, and so may sockets: then they are opened afresh. Call it once for
// each App. It does not block.
func New(a *app.App, c Config, store *config.Store, sockets app.Sockets) *Server {
	if sockets == nil {
		sockets = app.OpenSockets()
	}
	s := &Server{
		app: a, store: store, config: c, sockets: sockets, build: buildOf(""), process: processOf(), started: time.Now(),
		journal: newJournal(a.Generation), conns: newConns(), page: page.New(),
		leaving: make(chan struct{}), drained: make(chan struct{}),
	}
	s.ops = &operations{journal: s.journal, refused: func(r *http.Request, err error) { s.guard.Load().note(r, err) }}
	a.Add(app.Hook{Name: "admin", StartIn: app.Observability, OnStart: s.start, StopIn: app.Final, OnStop: s.finish})
	a.Observe(s.observe)
	a.Wiring().AddHistory("admin", app.History{Save: s.save, Load: s.load})
	return s
}

func (s *Server) observe(e app.Event) {
	s.journal.observe(e)
	switch e := e.(type) {
	case app.StateChanged:
		switch {
		case e.To == app.StateReady && s.app.Generation() > 1:
			s.serve()
		case e.To == app.StateStopping:
			close(s.drained)
		}
	case app.CommandProgressed:
		s.ops.progressed(string(e.Request.Command), e.Line)
	case app.SuccessorCommitted:
		s.closeListener() // clients that come now are served by the successor
	}
}

// start opens the listener. Without one the App starts, unless the configuration
// asks for it.
func (s *Server) start(ctx context.Context) error {
	d, err := openListener(ctx, s.config, s.app, s.sockets)
	switch {
	case err != nil && s.config.wanted():
		return err
	case err != nil:
		level := slog.LevelWarn
		if errors.Is(err, errors.ErrUnsupported) {
			level = slog.LevelInfo
		}
		s.app.Note(app.Note{Level: level, Text: "no admin API: the process goes on without it; set admin.addr, or turn it off with admin.addr=off", Err: err})
		return nil
	case d == nil:
		return nil
	}
	g := newGuard(s.app.Note, d.token, d.members, lazily(s.routes))
	g.shows = func(name string) bool { return s.info(name).Shows }
	s.guard.Store(g)
	s.mu.Lock()
	s.listener = d
	s.http = &http.Server{
		Handler:           s.whole(g),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ConnContext:       withPeer,
		ConnState:         s.conns.note,
		ErrorLog:          log.New(noteWriter{s.app}, "", 0),
	}
	s.mu.Unlock()
	s.app.Wiring().SetAddress("admin", d.Addr())
	s.series.running.Go(s.sample)
	// A successor has the same socket as its predecessor, which answers until it
	// has handed over; see observe.
	if s.app.Generation() == 1 {
		s.serve()
	}
	return nil
}

// serve begins to accept, once.
func (s *Server) serve() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil || s.served != nil || s.shut {
		return
	}
	s.served = make(chan struct{})
	d, h, served := s.listener, s.http, s.served
	go func() {
		defer close(served)
		err := h.Serve(d)
		s.mu.Lock()
		shut := s.shut
		s.mu.Unlock()
		if !shut {
			s.app.Note(app.Note{Level: slog.LevelError, Text: "the admin API can no longer be reached", Err: err})
		}
	}()
}

func (s *Server) closeListener() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener != nil && !s.shut {
		s.shut = true
		_ = s.listener.Close() // a listener that does not close is closed by the end of the process
	}
}

// whole closes each connection after its answer once the listener is closed, and
// turns a panic into a failed request.
func (s *Server) whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.leaving:
			w.Header().Set("Connection", "close")
		default:
		}
		defer func() {
			if v := recover(); v != nil {
				s.app.Note(app.Note{Level: slog.LevelError, Text: "panic in the admin API", Err: fmt.Errorf("%v", v), Attrs: []slog.Attr{slog.String("path", r.URL.Path)}})
				refuse(w, http.StatusInternalServerError, errors.New("a bug: see the log"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// finish sends the last answers: to clients that wait for the stop, and to
// watchers.
func (s *Server) finish(ctx context.Context) error {
	close(s.leaving)
	s.series.running.Wait()
	s.closeListener()
	s.mu.Lock()
	d, h, served := s.listener, s.http, s.served
	s.mu.Unlock()
	if d == nil {
		return nil
	}
	if served != nil {
		select {
		case <-served:
		case <-ctx.Done(): // a listener whose Close does not end its Accept
		}
	}
	s.app.Wiring().SetAddress("admin", nil)
	s.ops.wait(ctx)
	var errs []error
	if s.conns.drain(ctx) {
		errs = append(errs, h.Shutdown(ctx)) // it has no connections: this only marks it as closed
	} else {
		errs = append(errs, h.Close())
	}
	if app.ReasonOf(ctx).Kind != app.Replaced && s.owns(d) || d.putBack && !s.inCharge() {
		errs = append(errs, d.cleanup())
	}
	return errors.Join(errs...)
}

// owns reports whether this process removes the files that d leaves behind. It does
// not remove the file of a socket where another process may listen. It removes the
// token if it is in charge, even if a predecessor still drains or a service manager
// holds the port: neither accepts.
func (s *Server) owns(d *listener) bool {
	if d.token == nil {
		return !shared(s.sockets)
	}
	return s.inCharge()
}

// inCharge reports whether this process is in charge: all are, except a successor
// that has not taken over.
func (s *Server) inCharge() bool {
	generation := s.app.Generation()
	return generation == 1 || slices.ContainsFunc(s.app.Wiring().Upgrades(), func(u app.UpgradeRecord) bool { return u.To == generation })
}

type noteWriter struct{ app *app.App }

func (w noteWriter) Write(line []byte) (int, error) {
	w.app.Note(app.Note{Level: slog.LevelDebug, Text: "net/http", Err: errors.New(strings.TrimSpace(string(line))), Attrs: []slog.Attr{slog.String("server", "admin")}})
	return len(line), nil
}
