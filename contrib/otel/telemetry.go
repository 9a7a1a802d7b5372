package otel

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Telemetry owns the providers, and flushes them at the end.
type Telemetry struct {
	Tracing     *sdktrace.TracerProvider
	Metrics     *sdkmetric.MeterProvider
	Logs        *sdklog.LoggerProvider
	Propagation propagation.TextMapPropagator

	app        *app.App
	config     func() Config
	measures   bool                  // spans or metrics are sent: requests are wrapped
	conns      *connections          // nil if the exporters have separate ones
	spans      sdktrace.SpanExporter // nil if spans are not sent
	deliveries []*delivery
	notes      []app.Note // of the construction, before there is a log
	startTrace sync.Once
}

// New returns telemetry for a and, unless it is nil, store. It ends in the phase
// Final of a's plan. Of two members of that phase the one that was added later ends
// first, so add members that log before it. Call it before a starts, once. It does
// not wait for the collector. It fails if an exporter cannot be made, such as for
// an address that is no URL; variables that it does not understand are warnings.
func New(a *app.App, store *config.Store, conf func() Config) (*Telemetry, error) {
	t := &Telemetry{app: a, config: conf, conns: newConnections()}
	ctx := context.Background() // it is not kept
	about, err := about(ctx, a)
	if errors.Is(err, resource.ErrPartialResource) { // such as one wrong attribute in the environment
		t.warn("telemetry could not describe all of this process", err)
	} else if err != nil {
		return nil, fmt.Errorf("otel: resource: %w", err)
	}
	if t.Propagation, err = propagators(); err != nil {
		t.warn("a variable of OpenTelemetry is ignored", err)
	}
	if err := t.provide(ctx, about, store); err != nil {
		return nil, err
	}
	a.Add(app.Hook{Name: "telemetry", StartIn: app.Observability, OnStart: t.started, StopIn: app.Final, OnStop: t.flush})
	a.Observe(t.ready)
	return t, nil
}

// provide makes the providers, by the settings and the variables.
func (t *Telemetry) provide(ctx context.Context, about *resource.Resource, store *config.Store) error {
	to := t.destinations()
	sender := collector{t.config().Endpoint, t.conns}
	spans, err := sender.spans(ctx, to[traces])
	if err != nil {
		return err
	}
	points, err := sender.points(ctx, to[metrics])
	if err != nil {
		return err
	}
	records, err := sender.records(ctx, to[logs])
	if err != nil {
		return err
	}
	t.spans, t.measures = spans, spans != nil || points != nil
	tracing := []sdktrace.TracerProviderOption{sdktrace.WithResource(about)}
	if spans != nil {
		tracing = append(tracing, sdktrace.WithBatcher(spanExporter{spans, t.delivery(traces)}))
	} else {
		tracing = append(tracing, sdktrace.WithSampler(sdktrace.NeverSample()))
	}
	metering := []sdkmetric.Option{sdkmetric.WithResource(about)}
	if points != nil {
		metering = append(metering, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metricExporter{points, t.delivery(metrics)},
			sdkmetric.WithProducer(&producer{app: t.app, store: store, began: time.Now()}))))
	}
	logging := []sdklog.LoggerProviderOption{sdklog.WithResource(about)}
	if records != nil {
		logging = append(logging, sdklog.WithProcessor(sdklog.NewBatchProcessor(recordExporter{records, t.delivery(logs)})))
	}
	t.Tracing, t.Metrics = sdktrace.NewTracerProvider(tracing...), sdkmetric.NewMeterProvider(metering...)
	t.Logs = sdklog.NewLoggerProvider(logging...)
	return nil
}

// destinations decides where each signal goes, and notes the decision.
func (t *Telemetry) destinations() map[signal]choice {
	to := map[signal]choice{}
	off, problem := disabled()
	if problem != nil {
		t.warn("a variable of OpenTelemetry is ignored", problem)
	}
	if off {
		t.notes = append(t.notes, app.Note{Level: slog.LevelInfo, Text: "telemetry is off: OTEL_SDK_DISABLED=true"})
		return map[signal]choice{traces: {exporter: none}, metrics: {exporter: none}, logs: {exporter: none}}
	}
	var attrs []slog.Attr
	sends := false
	for _, s := range []signal{traces, metrics, logs} {
		c, problems := choose(s, t.config().Endpoint)
		for _, problem := range problems {
			t.warn("a variable of OpenTelemetry is ignored", problem)
		}
		to[s], sends = c, sends || c.exporter != none
		attrs = append(attrs, slog.String(s.String(), c.String()))
	}
	if sends {
		t.notes = append(t.notes, app.Note{Level: slog.LevelInfo, Text: "telemetry is sent", Attrs: attrs})
	}
	return to
}

func (t *Telemetry) delivery(s signal) *delivery {
	d := &delivery{app: t.app, signal: s}
	t.deliveries = append(t.deliveries, d)
	t.app.Wiring().AddMetrics(func() []app.Metric { return []app.Metric{d.metric()} })
	return d
}

// warn notes a problem once, although it may concern several signals.
func (t *Telemetry) warn(text string, err error) {
	same := func(n app.Note) bool { return n.Err != nil && n.Err.Error() == err.Error() }
	if slices.ContainsFunc(t.notes, same) {
		return
	}
	t.notes = append(t.notes, app.Note{Level: slog.LevelWarn, Text: text, Err: err})
}

// about describes this process. The environment (OTEL_SERVICE_NAME,
// OTEL_RESOURCE_ATTRIBUTES) takes precedence.
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
