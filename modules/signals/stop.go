package signals

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// firstStop is the stop that the first stop signal begins.
type firstStop struct {
	now       context.CancelCauseFunc // ends the wait for Before hooks
	delivered chan struct{}           // closed when App.Stop has returned
}

var errNow = errors.New("the stop must begin now")

// stop answers a stop signal as [escalation] demands. text, if any, says more than
// the name of the signal.
func (d *dispatcher) stop(row Row, text string) {
	weight := 1
	if row.Action == StopNow {
		weight = 2
	}
	demand := d.trap.stops.next(row.Signal, weight)
	if demand.exit {
		d.trap.exitNow(row.Signal)
		return
	}
	r := app.Reason{Kind: app.Signalled, Signal: row.Signal, By: app.SignalName(row.Signal), Text: text, At: time.Now()}
	e := Event{Signal: row.Signal, Action: row.Action}
	if demand.begin {
		ctx, now := context.WithCancelCause(d.ctx)
		b := &firstStop{now: now, delivered: make(chan struct{})}
		d.first = b
		d.work.Go(func() { d.begin(ctx, b, row, e, r) })
	}
	if demand.hurry {
		b := d.first
		b.now(errNow)
		d.work.Go(func() {
			b.wait()
			d.app.Hurry(r)
			d.note(slog.LevelWarn, "hurrying: no more waiting for clients", e, nil, slog.String("hint", "once more to exit at once"))
		})
	}
}

// begin runs the hooks around the beginning of a stop.
func (d *dispatcher) begin(ctx context.Context, b *firstStop, row Row, e Event, r app.Reason) {
	d.beforeStop(ctx, row, e)
	first := d.app.Stop(r)
	close(b.delivered)
	b.now(nil)
	if !first {
		d.note(slog.LevelInfo, "already stopping", e, nil, slog.String("hint", "again to hurry, a third time to exit at once"))
	}
	d.after(row, e)
}

// beforeStop runs the Before hooks, for patience at most, and until ctx ends. A
// hook that has not returned then goes on; close waits for it.
func (d *dispatcher) beforeStop(ctx context.Context, row Row, e Event) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("all hooks before a stop have %v together, and that time is over", patience))
	defer cancel()
	for _, h := range row.Before {
		result := make(chan error, 1)
		d.work.Go(func() { result <- d.call(ctx, "before", h, e) })
		select {
		case err := <-result:
			if err != nil {
				d.note(slog.LevelWarn, "hook before stop failed, stopping all the same", e, err, slog.String("hook", h.Name))
			}
		case <-ctx.Done():
			d.note(slog.LevelWarn, "stopping without waiting for hooks before it", e, context.Cause(ctx), slog.String("hook", h.Name))
			return
		}
	}
}

// wait returns when App.Stop has returned, or after patience: an observer can keep
// App.Stop from returning, but by then the App has its reason.
func (b *firstStop) wait() {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-b.delivered:
	case <-t.C:
	}
}

// flushPending is called by the App before it stops without a reason. That happens
// under fx's Run, which listens for SIGINT and SIGTERM as well. Whichever of the
// two receives the signal first, the reason is the signal, and it counts once.
func (d *dispatcher) flushPending() {
	var b *firstStop
	d.trap.flush(func() {
		if b = d.first; b != nil {
			b.now(errNow)
		}
	})
	if b != nil {
		b.wait()
	}
}

// hurry is the action Hurry.
func (d *dispatcher) hurry(e Event) {
	if d.app.Reason() == nil {
		d.note(slog.LevelInfo, "nothing to hurry: no stop is going on", e, nil)
		return
	}
	d.app.Hurry(app.Reason{Kind: app.Signalled, Signal: e.Signal, By: app.SignalName(e.Signal), At: time.Now()})
	d.note(slog.LevelWarn, "hurrying: no more waiting for clients", e, nil)
}
