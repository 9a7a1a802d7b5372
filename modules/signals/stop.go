package signals

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// firstStop is the stop that the first stop signal asks for, as it begins.
type firstStop struct {
	now  context.CancelCauseFunc // do not wait for Before hooks any longer
	told chan struct{}           // closed when the App has been told
}

var errNow = errors.New("the stop must begin now")

// stop is take for stop signals: the first begins, the second hurries, the
// third leaves.
func (d *desk) stop(row Row) {
	t := d.trap
	if t.repeats(row.Signal) {
		return
	}
	before := t.stops
	t.stops++
	if row.Action == StopNow {
		t.stops = max(t.stops, 2)
	}
	if before >= 2 {
		t.leave(row.Signal)
		return
	}
	r := app.Reason{Kind: app.Signalled, Signal: row.Signal, By: app.SignalName(row.Signal), At: time.Now()}
	e := Event{Signal: row.Signal, Action: row.Action}
	if before == 0 {
		ctx, now := context.WithCancelCause(d.ctx)
		b := &firstStop{now: now, told: make(chan struct{})}
		d.first = b
		d.work.Go(func() { d.begin(ctx, b, row, e, r) })
	}
	if t.stops >= 2 {
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
func (d *desk) begin(ctx context.Context, b *firstStop, row Row, e Event, r app.Reason) {
	d.beforeStop(ctx, row, e)
	first := d.app.Stop(r)
	close(b.told)
	b.now(nil)
	if !first {
		d.note(slog.LevelInfo, "already stopping", e, nil, slog.String("hint", "again to hurry, a third time to exit at once"))
	}
	d.after(row, e)
}

// beforeStop runs the Before hooks until patience or ctx ends. A hook that
// does not return by then is left behind, for close to wait for.
func (d *desk) beforeStop(ctx context.Context, row Row, e Event) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("the %v that all hooks before a stop have together are over", patience))
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

// wait returns when the App has been told of the stop. Were it told but kept
// by an observer that does not return, its Reason would stand already.
func (b *firstStop) wait() {
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-b.told:
	case <-t.C:
	}
}

// settle is what the App calls before it stops for a reason that nobody gave,
// such as fx's Run, which listens for SIGINT and SIGTERM as well: whoever
// received the signal first, the stop is that of the signal, and counted once.
func (d *desk) settle() {
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
