package config

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestWhatIsPendingIsAskedForUntilItCanBe(t *testing.T) {
	draining := errors.New("the predecessor still drains")
	for _, c := range []struct {
		name     string
		refusals []error
		back     int // the file is reverted after so many
		want     int
	}{
		{name: "at once", want: 1},
		{name: "not now", refusals: []error{draining, draining, draining}, want: 4},
		{name: "not on this system", refusals: []error{fmt.Errorf("no: %w", errors.ErrUnsupported)}, want: 1},
		{name: "turned back meanwhile", refusals: []error{draining, draining}, back: 1, want: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := newRig(t, "http: {port: 1}").Store
			st.counts.pending = 1
			synctest.Test(t, func(t *testing.T) {
				a := app.New("test")
				asked := 0
				a.Handle(app.Upgrade, func(context.Context, app.Request) (app.Answer, error) {
					if asked++; asked == c.back {
						st.counts.pending = 0
					}
					if asked > len(c.refusals) {
						return app.Answer{}, errors.New("the successor did not start")
					}
					return app.Answer{Outcome: app.OutcomeRefused}, c.refusals[asked-1]
				})
				r := &restarter{store: st, app: a, requests: make(chan struct{}, 1)}
				a.Go("restart", r.run)
				if err := a.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				r.request()
				time.Sleep(10 * time.Minute) // of the bubble
				synctest.Wait()
				if asked != c.want {
					t.Errorf("got %d upgrades asked for, want %d", asked, c.want)
				}
				a.Stop(app.Reason{By: "test"})
				if _, err := a.Wait(context.Background()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
