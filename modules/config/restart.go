package config

import (
	"context"
	"errors"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// An upgrade may be refused because the last one is not over yet: the
// predecessor drains, or another attempt has just failed. What is pending then
// is asked for again, at first after firstAgain, and ever more rarely.
const (
	firstAgain = time.Second
	lastAgain  = 30 * time.Second
)

// restarter carries out the policy Restart: it asks for an upgrade whenever a
// reload has left something pending. It is a task of its own because commands
// run one at a time: the reload has to end first.
type restarter struct {
	store  *Store
	app    *app.App
	wishes chan struct{} // holds one
}

// wish does not block; several wishes are one.
func (r *restarter) wish() {
	select {
	case r.wishes <- struct{}{}:
	default:
	}
}

func (r *restarter) run(ctx context.Context) error {
	var again <-chan time.Time
	pause := firstAgain
	for {
		select {
		case <-r.wishes:
			pause = firstAgain
		case <-again:
		case <-ctx.Done():
			return nil
		}
		again = nil
		if r.store.pending() == 0 {
			continue // the file was turned back meanwhile
		}
		ans, err := r.app.Do(ctx, app.Request{Command: app.Upgrade, By: "configuration"}) // the answer is an event, too
		if ans.Outcome == app.OutcomeRefused && !forGood(err) {
			again, pause = time.After(pause), min(2*pause, lastAgain)
		}
	}
}

// forGood reports that asking again will not help. A successor that could not
// start is no refusal: it is not tried again before the file changes.
func forGood(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, app.ErrUnhandled) || errors.Is(err, app.ErrStopping)
}
