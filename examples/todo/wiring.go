package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// newStore opens the database, and migrates it, after the port is known to be free
// and before the first request; it closes it after the last one. An ordinary hook
// is enough for that.
func newStore(lc fx.Lifecycle, db *config.Value[DB]) (*Store, error) {
	s, err := NewStore(db.Get().Path, db.Get().BusyTimeout)
	if err != nil {
		return nil, err
	}
	lc.Append(fx.Hook{OnStart: s.Open, OnStop: func(context.Context) error { return s.Close() }})
	return s, nil
}

// parts is what the API is made of; fx fills it in.
type parts struct {
	fx.In

	App      *app.App
	Store    *Store
	Config   *config.Store
	Settings *config.Value[Settings]
	Limits   *config.Value[Limits]
	UI       *config.Value[UI]
	Log      *slog.Logger
}

// newHandler makes what the framework serves.
func newHandler(p parts) http.Handler {
	status := func() Status {
		return Status{
			Title:      p.UI.Get().Title,
			Generation: p.App.Generation(),
			PID:        os.Getpid(),
			Revision:   p.Config.Snapshot().Revision(),
		}
	}
	return (&API{Store: p.Store, Settings: p.Settings, Limits: p.Limits, Status: status, Log: p.Log}).Handler()
}

// chores are what the service does besides answering requests.
func chores(a *app.App, s *Store, settings *config.Value[Settings]) {
	a.Go("expire", s.expireDone(settings), app.Exclusive(), app.Restart(app.Backoff{})) // a busy database is no reason to stop
	a.Handle("backup", s.backup, app.About("write a copy of the database to a new file, while it is in use",
		app.Arg{Name: "to", Text: "the file; without it, the name has the time in it"}))
}

// announce logs where to look, once everything has started.
func announce(a *app.App, log *slog.Logger) {
	a.Observe(func(e app.Event) {
		if c, ok := e.(app.StateChanged); !ok || c.To != app.StateReady {
			return
		}
		for _, at := range a.Addresses() {
			if at.Server == "http" && at.Net == "tcp" {
				log.Info("the page is at " + link(at.Addr))
			}
		}
	})
}

// link turns a bound address into a URL to click on.
func link(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
