package otel

import (
	"log/slog"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	global "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// Order is where the middleware stands among those of httpserver.Use: before
// all that have not asked for an order.
const Order = -1000

// Module provides *Telemetry, trace.TracerProvider, metric.MeterProvider and
// propagation.TextMapPropagator (trace context and baggage), and wraps the
// application's handler and routes, not its probes.
var Module = fx.Module("otel",
	config.Section[Config]("otel", config.Default(DefaultConfig)),
	fx.Provide(
		newTelemetry,
		func(t *Telemetry) (trace.TracerProvider, metric.MeterProvider) { return t.Tracing, t.Metrics },
		func() propagation.TextMapPropagator {
			return propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
		},
	),
	httpserver.Use("otel", Order, newMiddleware),
	fx.Invoke(func(*Telemetry) {}),
)

// SetGlobal makes the providers those of the whole process, for libraries that
// know no others, and turns what OpenTelemetry complains of into notes.
func SetGlobal() fx.Option {
	return fx.Invoke(func(a *app.App, t *Telemetry, p propagation.TextMapPropagator) {
		global.SetTracerProvider(t.Tracing)
		global.SetMeterProvider(t.Metrics)
		global.SetTextMapPropagator(p)
		global.SetErrorHandler(global.ErrorHandlerFunc(func(err error) {
			a.Note(app.Note{Level: slog.LevelWarn, Text: "opentelemetry", Err: err})
		}))
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

func newMiddleware(t *Telemetry, p propagation.TextMapPropagator) func(http.Handler) http.Handler {
	if !t.sends {
		return func(h http.Handler) http.Handler { return h }
	}
	return otelhttp.NewMiddleware("http",
		otelhttp.WithTracerProvider(t.Tracing),
		otelhttp.WithMeterProvider(t.Metrics),
		otelhttp.WithPropagators(p),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			if r.Pattern != "" {
				return r.Pattern
			}
			return r.Method // no path: there may be as many as there are ids
		}),
	)
}
