package config

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestPendingUpgradeIsRequestedUntilItIsPossible(t *testing.T) {
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

func TestRestartOnlySettingsKeepTheValueInForce(t *testing.T) {
	r := newRig(t, "http: {addr: old, port: 1}")
	got := r.edit(t, "http: {addr: new, port: 2}")
	want := []Changed{{"http.addr", `"old"`, `"new"`, r.path + ":1:8"}}
	if got.Result != Applied || !reflect.DeepEqual(got.PendingRestart, want) {
		t.Errorf("got %s", got.JSON())
	}
	if w := r.web.Get(); w.Addr != "old" || w.Port != 2 {
		t.Errorf("got %s %d, want old 2", w.Addr, w.Port)
	}
	if got := r.Reload(context.Background(), "again"); got.Result != Unchanged || !reflect.DeepEqual(got.PendingRestart, want) {
		t.Errorf("got %s, want it still pending", got.JSON())
	}
	if got := r.edit(t, "http: {addr: old, port: 2}"); got.Result != Unchanged || got.PendingRestart != nil {
		t.Errorf("got %s, want nothing pending", got.JSON())
	}

	r = newRig(t, "http: {addr: old, port: 1}", func(s *Source) { s.Pending = Reject })
	if got := r.edit(t, "http: {addr: new, port: 2}"); got.Result != Rejected || r.web.Get().Port != 1 || got.Problems[0].Line != 1 || got.Problems[0].Col != 8 {
		t.Errorf("got %s, want it rejected", got.JSON())
	}
}
