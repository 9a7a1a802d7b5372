package otel

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/gracefulfx/graceful/app"
)

// record makes one trace of a start ("up") or a stop ("down"): a span for the
// whole, and one for each step that has ended so far.
func record(t trace.Tracer, r app.Report, way string) {
	var steps []app.Step
	var began, ended time.Time
	for _, s := range r.Steps {
		if s.Way != way {
			continue
		}
		steps = append(steps, s)
		if began.IsZero() || s.Began.Before(began) {
			began = s.Began
		}
		if end := s.Began.Add(s.Took); end.After(ended) {
			ended = end
		}
	}
	if len(steps) == 0 {
		return
	}
	name := "start"
	var attrs []attribute.KeyValue
	if way == "down" {
		name = "stop"
		if r.Reason != nil {
			attrs = append(attrs, attribute.String("graceful.reason", r.Reason.Error()))
			if r.Reason.At.Before(began) {
				began = r.Reason.At
			}
		}
	}
	ctx, whole := t.Start(context.Background(), name, trace.WithTimestamp(began), trace.WithNewRoot(), trace.WithAttributes(attrs...))
	for _, s := range steps {
		step(ctx, t, s)
	}
	whole.End(trace.WithTimestamp(ended))
}

func step(ctx context.Context, t trace.Tracer, s app.Step) {
	attrs := []attribute.KeyValue{
		attribute.String("graceful.phase", s.Phase.String()),
		attribute.String("graceful.outcome", string(s.Outcome)),
	}
	if s.Source != "" {
		attrs = append(attrs, attribute.String("graceful.source", s.Source))
	}
	for k, n := range s.Counts {
		attrs = append(attrs, attribute.Int64("graceful.count."+k, n))
	}
	_, span := t.Start(ctx, s.Phase.String()+" "+s.Name, trace.WithTimestamp(s.Began), trace.WithAttributes(attrs...))
	if s.Err != nil {
		span.SetStatus(codes.Error, s.Err.Error())
	}
	span.End(trace.WithTimestamp(s.Began.Add(s.Took)))
}
