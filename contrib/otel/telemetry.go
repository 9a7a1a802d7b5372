package otel

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Telemetry owns the providers and flushes them at the end.
type Telemetry struct {
	app     *app.App
	config  func() Config
	sends   bool
	calls   *calls                // nil if the exporters have their own
	spans   sdktrace.SpanExporter // nil if spans are not sent
	Tracing *sdktrace.TracerProvider
	Metrics *sdkmetric.MeterProvider
}

// New returns telemetry for a and, unless it is nil, store. Its end is part of
// a's plan: the phase Final. Of two members of that phase the one that was
// added later ends sooner, so what logs should be added before.
func New(a *app.App, store *config.Store, conf func() Config) (*Telemetry, error) {
	ctx := context.Background() // it is not kept
	about, err := about(ctx, a)
	if errors.Is(err, resource.ErrPartialResource) { // such as one wrong attribute in the environment
		a.Note(app.Note{Level: slog.LevelWarn, Text: "telemetry does not know all about this process", Err: err})
	} else if err != nil {
		return nil, fmt.Errorf("otel: resource: %w", err)
	}
	calls := newCalls()
	spans, metrics, err := newExporters(ctx, conf().Endpoint, calls)
	if err != nil {
		return nil, err
	}
	t := &Telemetry{app: a, config: conf, calls: calls, spans: spans, sends: spans != nil || metrics != nil}
	tracing := []sdktrace.TracerProviderOption{sdktrace.WithResource(about)}
	if spans != nil {
		tracing = append(tracing, sdktrace.WithBatcher(spans))
	} else {
		tracing = append(tracing, sdktrace.WithSampler(sdktrace.NeverSample()))
	}
	metering := []sdkmetric.Option{sdkmetric.WithResource(about)}
	if metrics != nil {
		metering = append(metering, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics,
			sdkmetric.WithProducer(&producer{app: a, store: store, began: time.Now()}))))
	}
	t.Tracing, t.Metrics = sdktrace.NewTracerProvider(tracing...), sdkmetric.NewMeterProvider(metering...)
	if t.sends {
		a.Observe(t.started)
	}
	a.At(app.Final, "telemetry", t.flush)
	return t, nil
}

// about says which process this is. What the environment says
// (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) has the last word.
func about(ctx context.Context, a *app.App) (*resource.Resource, error) {
	attrs := []attribute.KeyValue{
		attribute.String("service.name", a.Name()),
		attribute.String("service.instance.id", rand.Text()), // a generation is an instance
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		attrs = append(attrs, attribute.String("service.version", info.Main.Version))
	}
	return resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(),
		resource.WithAttributes(attrs...), resource.WithFromEnv())
}

func (t *Telemetry) started(e app.Event) {
	if c, ok := e.(app.StateChanged); ok && c.To == app.StateReady {
		record(t.Tracing.Tracer(scope), t.app.Report(), "up")
	}
}

// flush sends what is still here, spans and metrics at the same time, for as
// long as its own time lasts. That a collector does not listen is no failure
// of this program, so it is not one of the stop either.
func (t *Telemetry) flush(ctx context.Context) error {
	limit := t.config().FlushTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("over otel.flush_timeout of %v", limit))
	defer cancel()
	if t.sends {
		record(t.Tracing.Tracer(scope), t.app.Report(), "down")
	}
	var all sync.WaitGroup
	var errs [2]error
	all.Go(func() { errs[0] = t.endSpans(ctx) })
	all.Go(func() { errs[1] = t.Metrics.Shutdown(ctx) })
	all.Wait()
	if t.calls != nil {
		t.calls.end()
	}
	if err := errors.Join(errs[:]...); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		t.app.Note(app.Note{Level: slog.LevelWarn, Text: "telemetry was lost: the collector did not take it", Err: err})
	}
	return nil
}

// endSpans also ends a request to the collector that is still under way.
func (t *Telemetry) endSpans(ctx context.Context) error {
	err := t.Tracing.Shutdown(ctx)
	if err != nil && t.spans != nil {
		_ = t.spans.Shutdown(ctx) // the first error says what happened
	}
	return err
}
