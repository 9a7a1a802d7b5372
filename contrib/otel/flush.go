package otel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/gracefulfx/graceful/app"
)

// started notes the messages of the construction.
func (t *Telemetry) started(context.Context) error {
	for _, n := range t.notes {
		t.app.Note(n)
	}
	return nil
}

// ready sends the trace of the start once it is over.
func (t *Telemetry) ready(e app.Event) {
	if c, ok := e.(app.StateChanged); ok && c.To == app.StateReady {
		t.recordStart()
	}
}

func (t *Telemetry) recordStart() {
	t.startTrace.Do(func() { record(t.Tracing.Tracer(scope), t.app.Report(), "up") })
}

// flush sends what has not been sent, all signals at the same time, within
// otel.flush_timeout. A collector that does not listen is not a failure of this
// program, and so not of its stop. A start that has failed has a trace, too.
func (t *Telemetry) flush(ctx context.Context) error {
	limit := t.config().FlushTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("over otel.flush_timeout of %v", limit))
	defer cancel()
	t.recordStart()
	record(t.Tracing.Tracer(scope), t.app.Report(), "down")
	for _, d := range t.deliveries {
		d.beginFlush()
	}
	var all sync.WaitGroup
	var errs [3]error
	all.Go(func() { errs[0] = t.endSpans(ctx) })
	all.Go(func() { errs[1] = t.Metrics.Shutdown(ctx) })
	all.Go(func() { errs[2] = t.Logs.Shutdown(ctx) })
	all.Wait()
	if t.conns != nil {
		t.conns.end()
	}
	err := errors.Join(errs[:]...)
	for _, d := range t.deliveries {
		err = errors.Join(err, d.endFlush())
	}
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		t.app.Note(app.Note{Level: slog.LevelWarn, Text: "telemetry was lost: the collector did not take it", Err: err})
	}
	return nil
}

// endSpans also cancels a request to the collector that is still under way.
func (t *Telemetry) endSpans(ctx context.Context) error {
	err := t.Tracing.Shutdown(ctx)
	if err != nil && t.spans != nil {
		_ = t.spans.Shutdown(ctx) // the first error is the cause
	}
	return err
}
