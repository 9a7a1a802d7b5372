package config

import (
	"context"
	"errors"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// An upgrade may be refused because the last one is not over yet: the predecessor
// drains, or another attempt has just failed. While settings are pending it is
// requested again, first after firstRetry, then at growing intervals.
const (
	firstRetry = time.Second
	maxRetry   = 30 * time.Second
)

// restarter carries out the policy Restart: it requests an upgrade whenever a
// reload has left something pending. It is a separate task because commands run
// one at a time: the reload has to end first.
type restarter struct {
	store    *Store
	app      *app.App
	requests chan struct{} // holds one
}

// request does not block; several requests count as one.
func (r *restarter) request() {
	select {
	case r.requests <- struct{}{}:
	default:
	}
}

func (r *restarter) run(ctx context.Context) error {
	var again <-chan time.Time
	pause := firstRetry
	for {
		select {
		case <-r.requests:
			pause = firstRetry
		case <-again:
		case <-ctx.Done():
			return nil
		}
		again = nil
		if r.store.pending() == 0 {
			continue // the file has been reverted meanwhile
		}
		ans, err := r.app.Do(ctx, app.Request{Command: app.Upgrade, By: "configuration"}) // the answer is an event, too
		if ans.Outcome == app.OutcomeRefused && !permanent(err) {
			again, pause = time.After(pause), min(2*pause, maxRetry)
		}
	}
}

// permanent reports whether another request cannot help. A successor that could not
// start is not a refusal: it is not tried again before the file changes.
func permanent(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, app.ErrUnhandled) || errors.Is(err, app.ErrStopping)
}
