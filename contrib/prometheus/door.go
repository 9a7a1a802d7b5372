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

	"github.com/gracefulfx/graceful/app"
)

// door serves the metrics on a port of their own, for longer than anything
// else: a start and a stop are what one wants to see.
type door struct {
	app     *app.App
	sockets app.Sockets
	addr    string
	http    *http.Server
	scrapes sync.RWMutex  // held for reading by every scrape
	served  chan struct{} // closed when Serve has returned
	shut    func() error  // closes the listener, once
}

func newDoor(a *app.App, sockets app.Sockets, addr string, h http.Handler) *door {
	if sockets == nil {
		sockets = app.OpenSockets()
	}
	d := &door{app: a, sockets: sockets, addr: addr, served: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		d.scrapes.RLock()
		defer d.scrapes.RUnlock()
		h.ServeHTTP(w, r)
	})
	d.http = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	return d
}

func (d *door) open(ctx context.Context) error {
	ln, err := d.sockets.Listen(ctx, "metrics", "tcp", d.addr)
	if err != nil {
		return fmt.Errorf("metrics.addr: %w", err)
	}
	d.shut = sync.OnceValue(ln.Close)
	d.app.Bound("metrics", ln.Addr())
	go func() {
		defer close(d.served)
		if err := d.http.Serve(ln); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			// Without metrics the service still serves: a warning, no reason to
			// stop.
			d.app.Note(app.Note{Level: slog.LevelError, Text: "metrics are no longer served", Err: err})
		}
	}()
	return nil
}

// leave makes way for the successor, which accepts on the same socket: who
// scrapes now should see the new process, not by chance one or the other.
func (d *door) leave(ctx context.Context) error {
	if r := app.ReasonOf(ctx); r != nil && r.Kind == app.Replaced {
		return d.shut()
	}
	return nil
}

// close lets a scrape end that has begun, and is the end.
func (d *door) close(ctx context.Context) error {
	_ = d.shut() // it may be shut already
	d.app.Bound("metrics", nil)
	idle := make(chan struct{})
	go func() {
		d.scrapes.Lock()
		defer d.scrapes.Unlock()
		_ = d.http.Close() // of what it could complain nobody can do anything about
		close(idle)
	}()
	var err error
	select {
	case <-idle:
	case <-ctx.Done():
		err = fmt.Errorf("a scrape did not end: %w", context.Cause(ctx))
		_ = d.http.Close()
	}
	<-d.served
	return err
}
