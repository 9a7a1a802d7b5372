package graceful

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/admin"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
	"github.com/gracefulfx/graceful/modules/logging"
	"github.com/gracefulfx/graceful/modules/signals"
	"github.com/gracefulfx/graceful/modules/systemd"
	"github.com/gracefulfx/graceful/modules/upgrade"
)

// Core is the plan, the configuration and the signals: for an application that
// has its own *zap.Logger and *http.Server. Its fx hooks run under the plan
// unchanged. Events are logged to its *zap.Logger if it provides one, else to
// standard error.
//
// Core must be given to fx.New itself, once, not inside an fx.Module. Its place
// among the options matters only to fx.StartTimeout and fx.StopTimeout: they lower
// the ceiling only when they come after it.
var Core = fx.Options(
	app.Module,
	config.Module,
	config.Section[app.StartConfig]("start", config.Default(app.DefaultStart)),
	config.Section[app.StopConfig]("stop", config.Default(app.DefaultStop)),
	fx.Module("core", signals.Module, httpserver.HealthModule),
	logging.RenderModule,
	fx.Invoke(wire),
)

// Module is Core with a logger, an HTTP server, the operator's API, upgrades
// without downtime and notices to systemd. The application provides an
// http.Handler; without one the server answers health checks only, and the log says
// so. See Core for where Module may stand.
var Module = fx.Options(
	Core,
	upgrade.Module, // before everything that listens
	upgrade.Fallback((*systemd.Inherited).Sockets),
	logging.Module,
	fx.Module("graceful",
		systemd.Module, // says nothing without a service manager
		admin.Module,   // before everything that it watches, so that it stops last
		httpserver.Module,
	),
)

// Name names the application: "todo" reads todo.yaml and the environment
// variables TODO_.... Without it the name is "app". It may be given once.
func Name(name string) fx.Option {
	return fx.Provide(func() app.Name { return app.Name(name) })
}

// Version names the version of the program for `version`, status, page and metrics.
// It may be a variable that the linker sets:
//
//	var version = "dev" // go build -ldflags "-X main.version=1.2.3"
//
// Without it the version is that of the module. It may be given once.
func Version(v string) fx.Option {
	return fx.Provide(func() admin.Version { return admin.Version(v) })
}

// wire connects the modules, which do not import one another.
func wire(a *app.App, start *config.Value[app.StartConfig], stop *config.Value[app.StopConfig]) {
	a.Wiring().Configure(
		func() app.StartConfig { return *start.Get() },
		func() app.StopConfig { return *stop.Get() },
	)
	a.Observe(func(e app.Event) {
		if c, ok := e.(app.StateChanged); ok && c.To == app.StateReady {
			a.Note(ready(a))
		}
	})
}

// ready returns the one log line that says where the process can be reached.
func ready(a *app.App) app.Note {
	attrs := []slog.Attr{slog.String("app", a.Name())}
	at := map[string][]string{}
	for _, addr := range a.Addresses() {
		at[addr.Server] = append(at[addr.Server], addr.Addr)
	}
	for _, server := range slices.Sorted(maps.Keys(at)) {
		attrs = append(attrs, slog.String(server, strings.Join(at[server], ", ")))
	}
	requests, whole := a.Wiring().RequestTime()
	attrs = append(attrs, slog.Int("pid", os.Getpid()), slog.Int("generation", a.Generation()))
	if requests > 0 {
		attrs = append(attrs, slog.String("on_stop", fmt.Sprintf("requests get %.1f s of %.4g s", requests.Seconds(), whole.Seconds())))
	}
	return app.Note{Level: slog.LevelInfo, Text: "ready", Attrs: attrs}
}
