package prometheus

import (
	"context"
	"net/http"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// Module registers the metrics of the application and measures its requests. It
// provides a *Registry of
// client_golang, which has the collectors for Go and the process, for the
// application's metrics, and a *Handler that serves it. To use an existing
// registry, add fx.Replace(registry): its metrics are served. Pass the module to
// fx.New itself, after graceful.Module or graceful.Core.
var Module = fx.Options(
	config.Section[Config]("metrics", config.Default(DefaultConfig)),
	fx.Provide(newRegistry, newHandler),
	fx.Invoke(attach),
	httpserver.Use("metrics", Order, newRequests),
)

// Order is the place of the middleware that measures requests among those of
// httpserver.Use: directly inside that of contrib/otel.
const Order = -900

// A Handler serves the metrics of the registry, in the format that the client
// requests. It can be used at any time, also while the application starts or stops.
type Handler struct{ http.Handler }

// Mount puts the metrics on a route of the application's own server, such as
// "GET /metrics". There they can be scraped for as long as it serves: not
// during the last part of a stop, and by every client that reaches it.
func Mount(pattern string) fx.Option {
	return httpserver.Handle(pattern, func(h *Handler) http.Handler { return h })
}

func newRegistry() *client.Registry {
	r := client.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

func newHandler(r *client.Registry) *Handler {
	return &Handler{promhttp.HandlerFor(r, promhttp.HandlerOpts{
		Registry:            r,
		EnableOpenMetrics:   true,
		ErrorHandling:       promhttp.ContinueOnError, // a broken collector must not hide the others
		MaxRequestsInFlight: 8,                        // more at a time are not scrapes
	})}
}

type attachIn struct {
	fx.In

	App      *app.App
	Config   *config.Value[Config]
	Store    *config.Store
	Registry *client.Registry
	Handler  *Handler
	Sockets  app.Sockets `optional:"true"`
}

func attach(in attachIn) error {
	c := in.Config.Get()
	if err := Register(in.Registry, in.App, in.Store, *c); err != nil {
		return err
	}
	in.App.At(app.Final, "push metrics", func(ctx context.Context) error {
		pushTo(ctx, in.App, in.Registry, in.Config.Get().Push)
		return nil
	})
	if c.Addr == "" {
		return nil
	}
	s := newServer(in.App, in.Sockets, *c, in.Handler)
	in.App.Add(app.Hook{Name: "metrics", StartIn: app.Observability, OnStart: s.open, StopIn: app.Final, OnStop: s.close})
	in.App.At(app.Unbind, "metrics", s.makeWay)
	return nil
}
