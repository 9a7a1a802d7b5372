package otel

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/gracefulfx/graceful/app"
)

// delivery notes when a signal does not reach its collector, and when it does
// again. Its exporters return no error, since the SDK would print a line for each
// batch.
type delivery struct {
	app    *app.App
	signal signal

	mu       sync.Mutex // guards everything below
	failing  bool
	failures int64
	flushing bool  // what fails now is collected
	lost     error // of the flush
}

func (d *delivery) attempt(err error) {
	d.mu.Lock()
	var note *app.Note
	switch {
	case err != nil:
		d.failures++
		if d.flushing {
			d.lost = errors.Join(d.lost, err)
		} else if !d.failing {
			note = &app.Note{Level: slog.LevelWarn, Text: "telemetry is not delivered; it is tried again", Err: err}
		}
	case d.failing && !d.flushing:
		note = &app.Note{Level: slog.LevelInfo, Text: "telemetry is delivered again"}
	}
	d.failing = err != nil
	d.mu.Unlock()
	if note != nil {
		note.Attrs = []slog.Attr{slog.String("signal", d.signal.String())}
		d.app.Note(*note)
	}
}

func (d *delivery) beginFlush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flushing = true
}

// endFlush returns the signals that were lost in the flush.
func (d *delivery) endFlush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lost
}

func (d *delivery) metric() app.Metric {
	d.mu.Lock()
	defer d.mu.Unlock()
	return app.Metric{Name: "otel_export_failures_total", Help: "Batches that a collector did not take.",
		Labels: []string{"signal", d.signal.String()}, Value: float64(d.failures), Total: true}
}

type spanExporter struct {
	sdktrace.SpanExporter
	delivery *delivery
}

func (e spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	e.delivery.attempt(e.SpanExporter.ExportSpans(ctx, spans))
	return nil
}

type metricExporter struct {
	sdkmetric.Exporter
	delivery *delivery
}

func (e metricExporter) Export(ctx context.Context, m *metricdata.ResourceMetrics) error {
	e.delivery.attempt(e.Exporter.Export(ctx, m))
	return nil
}

type recordExporter struct {
	sdklog.Exporter
	delivery *delivery
}

func (e recordExporter) Export(ctx context.Context, records []sdklog.Record) error {
	e.delivery.attempt(e.Exporter.Export(ctx, records))
	return nil
}
