package app_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestFailedStartStopsWhatHadStarted(t *testing.T) {
	boom := errors.New("boom")
	cases := []struct {
		name  string
		start func(context.Context, <-chan struct{}) error
		is    error
		text  string
	}{
		{"error", func(context.Context, <-chan struct{}) error { return boom }, boom, "bad"},
		{"panic", func(context.Context, <-chan struct{}) error { panic("ouch") }, nil, "panic: ouch"},
		{"Goexit", func(context.Context, <-chan struct{}) error { runtime.Goexit(); return nil }, nil, "Goexit"},
		{"timeout, obeying", func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return ctx.Err() }, context.DeadlineExceeded, "start.timeout"},
		{"timeout, hanging", func(_ context.Context, release <-chan struct{}) error { <-release; return nil }, nil, "start.timeout"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				a, d := app.New("test"), &recorder{}
				a.Add(d.hook("port", app.Bind, app.Unbind))
				a.Add(d.hook("db", 0, 0))
				a.Add(app.Hook{Name: "bad",
					OnStart: func(ctx context.Context) error { return c.start(ctx, release) },
					OnStop:  func(context.Context) error { d.add("-bad"); return nil }})
				a.Add(d.hook("never", 0, 0))
				err := a.Start(t.Context())
				if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) {
					t.Errorf("error %v, want one about %q", err, c.text)
				}
				if got, want := d.all(), []string{"+port", "+db", "-port", "-db"}; !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				r := ended(t, a)
				if r.State != app.StateFailed || r.Code != 1 || r.Reason.Kind != app.StartFailed {
					t.Errorf("%v, code %d, %v", r.State, r.Code, r.Reason.Kind)
				}
				select {
				case <-a.Ready():
					t.Error("Ready is closed")
				default:
				}
			})
		})
	}
}

func TestStopWhileStartingRollsBackAndIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := app.New("test"), &recorder{}
		a.Add(d.hook("db", 0, 0))
		a.Add(app.Hook{Name: "slow", OnStart: func(ctx context.Context) error {
			<-ctx.Done()
			if r := app.ReasonOf(ctx); r == nil || r.By != "test" {
				t.Errorf("the hook sees reason %v", r)
			}
			return ctx.Err()
		}})
		go func() {
			time.Sleep(time.Second) // in the bubble: when the start stands at slow
			a.Stop(app.Reason{Kind: app.Signalled, By: "test"})
		}()
		if err := a.Start(t.Context()); err != nil {
			t.Errorf("Start: %v", err)
		}
		r := ended(t, a)
		if got, want := d.all(), []string{"+db", "-db"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if r.Code != 0 || r.State != app.StateStopped {
			t.Errorf("%v, code %d, want stopped, 0", r.State, r.Code)
		}
	})
}

func TestStartHookThatIgnoresTheStopIsAbandonedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a, d := app.New("test"), &recorder{}
		a.Add(d.hook("db", 0, 0))
		a.Add(app.Hook{Name: "deaf", OnStart: func(context.Context) error { <-release; return nil }})
		go func() {
			time.Sleep(time.Second)
			a.Stop(app.Reason{})
		}()
		if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "start deaf: did not return in time") {
			t.Errorf("Start: %v", err)
		}
		r := ended(t, a)
		if r.Code != 1 {
			t.Errorf("code %d, want 1: something was left behind", r.Code)
		}
		if s := outcome(t, r, "up", "deaf"); s.Outcome != app.OutcomeAbandoned {
			t.Errorf("outcome %v", s.Outcome)
		}
		if !slices.Contains(d.all(), "-db") || r.Down > app.DefaultStop().Timeout {
			t.Errorf("%v after %v", d.all(), r.Down)
		}
	})
}

func TestStartWithinACallersDeadlineRollsBackWithinIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := app.New("test"), &recorder{}
		a.Add(d.hook("db", 0, 0))
		a.Add(app.Hook{Name: "slow", OnStart: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := a.Start(ctx)
		if err == nil || !strings.Contains(err.Error(), "caller's deadline") {
			t.Errorf("error %v", err)
		}
		if ctx.Err() != nil {
			t.Error("the rollback ended after the caller's deadline")
		}
		if !slices.Contains(d.all(), "-db") {
			t.Errorf("got %v", d.all())
		}
	})
}

func TestLastStartHookOverTimeFailsTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Add(app.Hook{Name: "late", OnStart: func(context.Context) error {
			time.Sleep(time.Minute + time.Second)
			return nil
		}})
		if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "start.timeout") {
			t.Errorf("got %v", err)
		}
	})
}

func TestStartHookHasTimeToUndoWhatItHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := app.New("test"), &recorder{}
		a.Add(d.hook("db", 0, 0))
		a.Add(app.Hook{Name: "migration", OnStart: func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(8 * time.Second) // of the 25 that a stop has
			d.add("rolled back")
			return ctx.Err()
		}})
		go func() {
			time.Sleep(time.Second)
			a.Stop(app.Reason{By: "SIGTERM"})
		}()
		if err := a.Start(t.Context()); err != nil {
			t.Error(err)
		}
		if got, want := strings.Join(d.all(), ", "), "+db, rolled back, -db"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
