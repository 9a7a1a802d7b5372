package app_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

type codedError int

func (codedError) Error() string   { return "coded" }
func (c codedError) ExitCode() int { return int(c) }

func started(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTaskThatEnds(t *testing.T) {
	boom := errors.New("boom")
	cases := []struct {
		name string
		fn   func() error
		opts []app.TaskOption
		stop bool // the application stops by itself
		kind app.Kind
		code int
	}{
		{"error", func() error { return boom }, nil, true, app.TaskFailed, 1},
		{"error with a code", func() error { return codedError(9) }, nil, true, app.TaskFailed, 9},
		{"panic", func() error { panic(boom) }, nil, true, app.TaskFailed, 1},
		{"Goexit", func() error { runtime.Goexit(); return nil }, nil, true, app.TaskFailed, 1},
		{"nil", func() error { return nil }, nil, false, 0, 0},
		{"nil and exit", func() error { return nil }, []app.TaskOption{app.ExitWhenDone()}, true, app.Done, 0},
		{"error and exit", func() error { return boom }, []app.TaskOption{app.ExitWhenDone()}, true, app.TaskFailed, 1},
		{"optional", func() error { return boom }, []app.TaskOption{app.Optional()}, false, 0, 0},
		{"given up", func() error { return boom }, []app.TaskOption{app.Restart(app.Backoff{GiveUp: 3})}, true, app.TaskFailed, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := app.New("test")
				a.Go("job", func(context.Context) error { return c.fn() }, c.opts...)
				_ = a.Start(t.Context()) // an error if the task dies before the start is over
				synctest.Wait()
				if got := a.Reason() != nil; got != c.stop {
					t.Fatalf("stops %v (%v), want %v", got, a.Reason(), c.stop)
				}
				a.Stop(app.Reason{Kind: app.Requested})
				r := ended(t, a)
				if c.stop && (r.Reason.Kind != c.kind || r.Code != c.code) {
					t.Errorf("%v, code %d, want %v, %d", r.Reason.Kind, r.Code, c.kind, c.code)
				}
				if !c.stop && r.Code != 0 {
					t.Errorf("code %d", r.Code)
				}
			})
		})
	}
}

func TestExclusiveTaskWaitsForThePredecessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		gone := make(chan struct{})
		a.Wiring().SetGeneration(2, gone)
		var ran atomic.Bool
		a.Go("sole", func(ctx context.Context) error { ran.Store(true); <-ctx.Done(); return nil }, app.Exclusive())
		started(t, a)
		synctest.Wait()
		if ran.Load() {
			t.Error("it ran beside its predecessor")
		}
		close(gone)
		synctest.Wait()
		if !ran.Load() {
			t.Error("it did not run after its predecessor")
		}
		a.Stop(app.Reason{})
		ended(t, a)
	})
}

func TestExclusiveTaskNeverStartedEndsWithTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Wiring().SetGeneration(2, make(chan struct{}))
		a.Go("sole", func(context.Context) error { t.Error("ran"); return nil }, app.Exclusive())
		started(t, a)
		a.Stop(app.Reason{})
		if r := ended(t, a); r.Code != 0 || r.Down != 0 {
			t.Errorf("code %d after %v", r.Code, r.Down)
		}
	})
}

func TestGoAtAnyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := app.New("test"), &recorder{}
		work := func(name string) app.TaskFunc {
			return func(ctx context.Context) error { d.add("+" + name); <-ctx.Done(); d.add("-" + name); return nil }
		}
		a.Go("wired", work("wired"))
		a.At(app.Serve, "late", func(context.Context) error { a.Go("starting", work("starting")); return nil })
		started(t, a)
		a.Go("ready", work("ready"))
		for range 3 {
			a.Go("short", func(context.Context) error { return nil }) // three of one name
		}
		synctest.Wait()
		a.Stop(app.Reason{})
		r := ended(t, a)
		a.Go("too late", work("too late"))
		synctest.Wait()
		got := d.all()
		slices.Sort(got)
		if want := []string{"+ready", "+starting", "+wired", "-ready", "-starting", "-wired"}; !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
		for _, s := range r.Steps {
			if strings.Contains(s.Name, "short") {
				t.Errorf("a task that had ended was awaited: %v", s.Name)
			}
		}
	})
}

func TestTaskOfTheSameNameGetsANumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		wait := func(ctx context.Context) error { <-ctx.Done(); return nil }
		a.Go("mailer", wait)
		a.Go("mailer", wait)
		started(t, a)
		a.Stop(app.Reason{})
		r := ended(t, a)
		outcome(t, r, "down", "task mailer")
		outcome(t, r, "down", "task mailer#2")
	})
}

func TestExclusiveTaskIsNotStartedInTheMiddleOfAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, gone := app.New("test"), make(chan struct{})
		a.Wiring().SetGeneration(2, gone)
		a.Go("cron", func(context.Context) error { t.Error("started"); return nil }, app.Exclusive(), app.StopIn(app.Unbind))
		a.At(app.Drain, "requests", func(ctx context.Context) error { close(gone); return pass(time.Second)(ctx) })
		started(t, a)
		a.Stop(app.Reason{})
		if r := ended(t, a); r.Down != time.Second {
			t.Errorf("took %v", r.Down)
		}
	})
}
