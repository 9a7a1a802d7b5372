package otel

import (
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	global "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/log"
	loglobal "go.opentelemetry.io/otel/log/global"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// Order is the place of the middleware among those of httpserver.Use: before all
// without an order.
const Order = -1000

// Module provides *Telemetry, trace.TracerProvider, metric.MeterProvider,
// log.LoggerProvider and propagation.TextMapPropagator, wraps the application's
// handler and routes, but not its probes, and turns what OpenTelemetry would print
// into notes.
var Module = fx.Module("otel",
	config.Section[Config]("otel", config.Default(DefaultConfig)),
	fx.Provide(
		newTelemetry,
		func(t *Telemetry) (trace.TracerProvider, metric.MeterProvider, log.LoggerProvider, propagation.TextMapPropagator) {
			return t.Tracing, t.Metrics, t.Logs, t.Propagation
		},
	),
	httpserver.Use("otel", Order, newMiddleware),
	fx.Invoke(func(a *app.App, _ *Telemetry) { complain(a) }),
)

// SetGlobal makes the providers those of the whole process, for libraries that use
// only the global ones.
func SetGlobal() fx.Option {
	return fx.Invoke(func(t *Telemetry) {
		global.SetTracerProvider(t.Tracing)
		global.SetMeterProvider(t.Metrics)
		global.SetTextMapPropagator(t.Propagation)
		loglobal.SetLoggerProvider(t.Logs)
	})
}

type telemetryIn struct {
	fx.In

	App    *app.App
	Store  *config.Store
	Config *config.Value[Config]
}

func newTelemetry(in telemetryIn) (*Telemetry, error) {
	return New(in.App, in.Store, func() Config { return *in.Config.Get() })
}

func newMiddleware(t *Telemetry) func(http.Handler) http.Handler {
	if !t.measures {
		return func(h http.Handler) http.Handler { return h }
	}
	return otelhttp.NewMiddleware("http",
		otelhttp.WithTracerProvider(t.Tracing),
		otelhttp.WithMeterProvider(t.Metrics),
		otelhttp.WithPropagators(t.Propagation),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			if r.Pattern != "" {
				return r.Pattern
			}
			return r.Method // not the path: there may be as many as there are ids
		}),
	)
}
