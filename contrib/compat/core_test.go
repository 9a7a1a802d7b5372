package compat

import (
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	"github.com/gracefulfx/graceful/modules/admin"
	"github.com/gracefulfx/graceful/modules/httpserver"
	"github.com/gracefulfx/graceful/modules/logging"
	"github.com/gracefulfx/graceful/modules/systemd"
	"github.com/gracefulfx/graceful/modules/upgrade"
)

// onCore are the parts that a program on Core may have besides, by their row in the
// table of the page.
var onCore = map[string]fx.Option{
	"nothing":  fx.Options(),
	"upgrades": upgrade.Module,
	"commands": admin.Module,
	"systemd":  fx.Options(upgrade.Module, upgrade.Fallback((*systemd.Inherited).Sockets), systemd.Module),
}

// runOnCore is a program whose server is the application's.
func runOnCore(with string) {
	fx.New(graceful.Name("shop"), graceful.Core, onCore[with],
		httpserver.Manage(func() *http.Server { return &http.Server{Handler: http.NotFoundHandler()} })).Run()
}

// The rows of the table of what Core lacks that one process shows; the others are
// in core_unix_test.go, and TestProgramsFromHooksRun shows what is the same.

func TestCoreLeavesTheLoggerToTheApplication(t *testing.T) {
	needs := fx.Invoke(func(*zap.Logger, *slog.Logger) {})
	if err := fx.New(fx.NopLogger, graceful.Core, needs).Err(); err == nil {
		t.Error("Core provides loggers")
	}
	for name, x := range map[string]*apptest.App{
		"Module":                   apptest.New(t, needs),
		"Core with logging.Module": apptest.NewCore(t, logging.Module, needs),
	} {
		x.Start()
		if a, err := x.Do(t.Context(), app.Request{Command: logging.SetLevel, Args: map[string]string{"level": "debug"}}); err != nil || a.Text != "info → debug" {
			t.Errorf("%s: log-level: got %q, %v", name, a.Text, err)
		}
		x.Stop()
	}
	x := apptest.NewCore(t).Start()
	if _, err := x.Do(t.Context(), app.Request{Command: logging.SetLevel}); err == nil {
		t.Error("Core has log-level")
	}
	x.Stop()
}

// The application's server keeps its timeouts, whatever the section http says, and
// answers no probes that are not mounted.
func TestCoreLeavesTheServerToTheApplication(t *testing.T) {
	mux := func() http.Handler { return http.NewServeMux() }
	own := func(h http.Handler) *http.Server { return &http.Server{Handler: h, IdleTimeout: time.Minute} }
	probed := func(h http.Handler, a *app.App) *http.Server {
		return &http.Server{Handler: a.HealthHandler(h), IdleTimeout: time.Minute}
	}
	for _, tc := range []struct {
		name   string
		opts   fx.Option
		core   bool
		served bool
		livez  int
		idle   time.Duration
	}{
		{"Module", fx.Options(), false, true, http.StatusOK, 7 * time.Minute},
		{"Core", fx.Options(), true, false, 0, 0},
		{"Core with httpserver.Module", httpserver.Module, true, true, http.StatusOK, 7 * time.Minute},
		{"Core with Manage", httpserver.Manage(own), true, true, http.StatusNotFound, time.Minute},
		{"Core with Manage and probes", httpserver.Manage(probed), true, true, http.StatusOK, time.Minute},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var hs struct {
				fx.In
				Server *http.Server `optional:"true"`
			}
			text := "health: {addr: '127.0.0.1:0'}\n"
			if tc.served { // else there is no section http
				text += "http: {idle_timeout: 7m}\n"
			}
			settings := apptest.Config(t, text)
			opts := []fx.Option{settings, fx.Provide(mux), tc.opts, fx.Populate(&hs)}
			make := apptest.New
			if tc.core {
				make = apptest.NewCore
			}
			x := make(t, opts...).Start()
			at := map[string]bool{}
			for _, a := range x.Addresses() {
				at[a.Server] = true
			}
			if at["http"] != tc.served {
				t.Errorf("got addresses %v, want a server: %t", x.Addresses(), tc.served)
			}
			if tc.served {
				if got := status(t, x, "http", "/livez"); got != tc.livez {
					t.Errorf("/livez: got %d, want %d", got, tc.livez)
				}
				if hs.Server.IdleTimeout != tc.idle {
					t.Errorf("idle timeout: got %v, want %v", hs.Server.IdleTimeout, tc.idle)
				}
			}
			if got := status(t, x, "health", "/readyz"); got != http.StatusOK {
				t.Errorf("/readyz of health.addr: got %d", got)
			}
			x.Stop()
		})
	}
}

func status(t *testing.T, x *apptest.App, server, path string) int {
	t.Helper()
	res, err := x.Client().Get(x.URL(server) + path)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}
