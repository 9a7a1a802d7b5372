package httpserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/endpoint"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/listener"
)

// HealthConfig is the section health.
type HealthConfig struct {
	Addr string `config:"addr" reload:"restart" doc:"host:port or unix:/path on which /livez, /readyz and /startupz are answered from the first phase of a start to the last of a stop; empty or off for none beside the application's"`
}

// Validate returns an error unless Addr is one address.
func (c *HealthConfig) Validate() error {
	if c.Addr == "" {
		return nil
	}
	if strings.Contains(c.Addr, ",") {
		return config.Invalid("addr", "%q is more than one address; choose one", c.Addr)
	}
	return endpoint.Valid(c.Addr)
}

// Clash returns why a server with the settings http cannot listen beside the
// probes, or "" if it can. It may look up host names, for a second at most.
func (c *HealthConfig) Clash(http *Config) string {
	if c.Addr == "" || c.Addr == Off || http.Addr == Off {
		return ""
	}
	at := endpoint.Parse(c.Addr)[0]
	i := slices.IndexFunc(endpoint.Parse(http.Addr), func(e app.Endpoint) bool { return endpoint.Overlap(at, e) })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("%s is http.addr as well (%s), which answers probes by itself once it serves; choose another port",
		c.Addr, endpoint.Split(http.Addr)[i])
}

// addHealth makes the server of probes a member of the plan of a, if it has an
// address. http is the section of the application's server, or nil if there is
// none.
func addHealth(a *app.App, c *HealthConfig, http *config.Value[Config], sockets app.Sockets) error {
	addr := c.Addr
	if addr == "" || addr == Off {
		return nil
	}
	if http != nil {
		if wrong := c.Clash(http.Get()); wrong != "" {
			return fmt.Errorf("health.%w", config.Invalid("addr", "%s", wrong))
		}
	}
	h := &health{app: a, addr: addr, sockets: cmp.Or(sockets, app.OpenSockets())}
	a.Add(app.Hook{Name: "health", StartIn: app.Observability, OnStart: h.bind, StopIn: app.Final, OnStop: h.close})
	a.Observe(h.observe)
	return nil
}

// health is the server of probes.
type health struct {
	app     *app.App
	addr    string
	sockets app.Sockets
	http    *http.Server

	mu       sync.Mutex // guards everything below
	listener net.Listener
	served   chan struct{} // closed when Serve has returned; nil before Serve
	shut     bool
	open     int           // connections
	none     chan struct{} // closed when none is left; nil before the end
}

// bind opens the address. A predecessor answers there until this process is ready.
func (h *health) bind(ctx context.Context) error {
	at := endpoint.Parse(h.addr)[0]
	ln, err := h.sockets.Listen(ctx, "health", at.Network, at.Address)
	if err != nil {
		return fmt.Errorf("health.%w", listener.Explain(err, "health", at.Network, at.Address))
	}
	h.mu.Lock()
	h.listener = ln
	h.mu.Unlock()
	h.http = &http.Server{Handler: h.probes(), ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0), ConnState: h.count}
	h.app.Wiring().SetAddress("health", ln.Addr())
	if h.app.Generation() == 1 {
		h.serve()
	}
	return nil
}

func (h *health) observe(e app.Event) {
	switch e := e.(type) {
	case app.StateChanged:
		if e.To == app.StateReady {
			h.serve()
		}
	case app.SuccessorCommitted:
		h.stopAccepting() // probes from now on are the successor's
	}
}

// serve begins to accept, once.
func (h *health) serve() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listener == nil || h.served != nil || h.shut {
		return
	}
	h.served = make(chan struct{})
	go func() {
		defer close(h.served)
		if err := h.http.Serve(h.listener); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			h.app.Note(app.Note{Level: slog.LevelError, Text: "probes are no longer answered", Err: err})
		}
	}()
}

func (h *health) stopAccepting() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listener != nil && !h.shut {
		h.shut = true
		_ = h.listener.Close()
	}
}

// count counts connections.
func (h *health) count(_ net.Conn, s http.ConnState) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch s {
	case http.StateNew:
		h.open++
	case http.StateClosed:
		if h.open--; h.open == 0 && h.none != nil {
			close(h.none)
			h.none = nil
		}
	}
}

// lastAnswers is how long close waits for probes that have connected.
const lastAnswers = 250 * time.Millisecond

// close ends the server. It waits for answers that are under way, for lastAnswers
// at most.
func (h *health) close(ctx context.Context) error {
	h.stopAccepting()
	h.app.Wiring().SetAddress("health", nil)
	h.mu.Lock()
	served := h.served
	h.mu.Unlock()
	if served != nil {
		<-served
	}
	if none := h.awaitNone(); none != nil {
		moment := time.NewTimer(lastAnswers)
		defer moment.Stop()
		select {
		case <-none:
		case <-moment.C:
		case <-ctx.Done():
		}
	}
	return h.http.Close()
}

// awaitNone returns a channel that is closed with the last connection, or nil if
// there is no connection.
func (h *health) awaitNone() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == 0 {
		return nil
	}
	h.none = make(chan struct{})
	return h.none
}

// probes answers for the service: when a successor has taken over, the service is
// ready. Every probe is a new connection, which the process in charge accepts.
func (h *health) probes() http.Handler {
	here := h.app.HealthHandler(nil)
	successor := &app.Health{Live: replaced, Ready: replaced, Startup: replaced, Next: http.NotFoundHandler()}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		if reason := h.app.Reason(); reason != nil && reason.Kind == app.Replaced {
			successor.ServeHTTP(w, r)
			return
		}
		here.ServeHTTP(w, r)
	})
}

var replaced = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "replaced: the successor is ready\n")
})
