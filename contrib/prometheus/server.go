package prometheus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/exporter-toolkit/web"

	"github.com/gracefulfx/graceful/app"
)

// server serves the metrics on a separate port, longer than anything else: start
// and stop are of special interest.
type server struct {
	app     *app.App
	sockets app.Sockets
	addr    string
	webFile string // see Config.WebFile
	http    *http.Server
	scrapes sync.RWMutex  // held for reading by every scrape
	served  chan struct{} // closed when Serve has returned
	shut    func() error  // closes the listener, once
}

func newServer(a *app.App, sockets app.Sockets, c Config, h http.Handler) *server {
	if sockets == nil {
		sockets = app.OpenSockets()
	}
	s := &server{app: a, sockets: sockets, addr: c.Addr, webFile: c.WebFile, served: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		s.scrapes.RLock()
		defer s.scrapes.RUnlock()
		h.ServeHTTP(w, r)
	})
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	return s
}

func (s *server) open(ctx context.Context) error {
	ln, err := s.sockets.Listen(ctx, "metrics", "tcp", s.addr)
	if err != nil {
		return fmt.Errorf("metrics.addr: %w", err)
	}
	s.shut = sync.OnceValue(ln.Close)
	s.app.Wiring().SetAddress("metrics", ln.Addr())
	go func() {
		defer close(s.served)
		flags := &web.FlagConfig{WebConfigFile: &s.webFile}
		if err := web.Serve(ln, s.http, flags, slog.New(slog.DiscardHandler)); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			// Without metrics the service still serves: this is a warning, not a
			// reason to stop.
			s.app.Note(app.Note{Level: slog.LevelError, Text: "metrics are no longer served", Err: err})
		}
	}()
	return nil
}

// makeWay stops accepting in favour of the successor, which accepts on the same
// socket: from now on a scrape should reach the new process, not either of the two
// by chance.
func (s *server) makeWay(ctx context.Context) error {
	if r := app.ReasonOf(ctx); r != nil && r.Kind == app.Replaced {
		return s.shut()
	}
	return nil
}

// close waits for a scrape that has begun, and ends the server.
func (s *server) close(ctx context.Context) error {
	_ = s.shut() // it may be closed already
	s.app.Wiring().SetAddress("metrics", nil)
	idle := make(chan struct{})
	go func() {
		s.scrapes.Lock()
		defer s.scrapes.Unlock()
		_ = s.http.Close() // an error here helps no caller
		close(idle)
	}()
	var err error
	select {
	case <-idle:
	case <-ctx.Done():
		err = fmt.Errorf("a scrape did not end: %w", context.Cause(ctx))
		_ = s.http.Close()
	}
	<-s.served
	return err
}
