package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
)

func TestLatePhasesKeepTheirTimeWhenEarlyOnesHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a := app.New("test")
		hang := func(context.Context) error { <-release; return nil }
		for _, p := range []app.Phase{app.Announce, app.Unbind, app.Drain, app.Tasks, app.Resources} {
			a.At(p, "hang in "+p.String(), hang)
		}
		var left time.Duration
		a.At(app.Final, "flush", func(ctx context.Context) error {
			d, _ := ctx.Deadline()
			left = time.Until(d)
			return nil
		})
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Stop(app.Reason{})
		r := ended(t, a)
		if got := len(r.Abandoned()); got != 5 {
			t.Errorf("%d abandoned, want 5", got)
		}
		if left <= 0 || left > time.Second {
			t.Errorf("the last phase had %v, want up to its 4 %% of 25s", left)
		}
		if r.Down > app.DefaultStop().Timeout {
			t.Errorf("took %v, more than the budget", r.Down)
		}
	})
}

func TestOneHangingResourceLeavesTimeForAllOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a, d := app.New("test"), &recorder{}
		a.Add(d.hook("first", 0, 0))
		for range 5 {
			a.Add(app.Hook{Name: "hang", OnStop: func(context.Context) error { <-release; return nil }})
		}
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Stop(app.Reason{})
		r := ended(t, a)
		if got := d.all(); !slices.Equal(got, []string{"+first", "-first"}) {
			t.Errorf("got %v", got)
		}
		if s := outcome(t, r, "down", "first"); s.Outcome != app.OutcomeDone {
			t.Errorf("the last one was %v", s.Outcome)
		}
	})
}

func TestNearerDeadlineShrinksThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a, d := app.New("test"), &recorder{}
		a.Add(d.hook("first", 0, 0))
		a.Add(app.Hook{Name: "hang", OnStop: func(context.Context) error { <-release; return nil }})
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		if err := a.StopWait(ctx); err == nil {
			t.Error("StopWait: got nil, want the abandoned hook")
		}
		if took := time.Since(began); took >= 2*time.Second {
			t.Errorf("took %v, not less than the caller's 2s", took)
		}
		if !slices.Contains(d.all(), "-first") {
			t.Errorf("got %v", d.all())
		}
	})
}

func TestDeadlineThatComesWhileStoppingShrinksThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := app.New("test"), &recorder{}
		a.Add(d.hook("db", 0, 0))
		a.At(app.Drain, "requests", func(ctx context.Context) error { <-ctx.Done(); return nil })
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Stop(app.Reason{})
		synctest.Wait() // the drain waits for its 20 seconds
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.StopWait(ctx); err != nil {
			t.Error(err)
		}
		if r := a.Report(); r.Down >= time.Second {
			t.Errorf("took %v, want less than the caller's 1s", r.Down)
		}
	})
}

func TestMembersOfOnePhaseShareItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		for range 10 {
			a.At(app.Drain, "server", func(context.Context) error { time.Sleep(5 * time.Second); return nil })
		}
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Stop(app.Reason{})
		if r := ended(t, a); r.Down != 5*time.Second || r.Code != 0 {
			t.Errorf("took %v, code %d", r.Down, r.Code)
		}
	})
}

func TestHookTimeoutCapsBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		wait := func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
		a.Add(app.Hook{Name: "stop", OnStop: wait, Timeout: 2 * time.Second})
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Stop(app.Reason{})
		if r := ended(t, a); r.Down > 2*time.Second {
			t.Errorf("the stop took %v", r.Down)
		}
		b := app.New("test")
		b.Add(app.Hook{Name: "start", OnStart: wait, Timeout: 2 * time.Second})
		if err := b.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "its own timeout of 2s") {
			t.Errorf("Start: %v", err)
		}
	})
}

func TestStopTwoHoursAfterTheStartStillHasItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fx.New(fx.NopLogger, app.Module, fx.Invoke(func(lc fx.Lifecycle) {
			lc.Append(fx.StopHook(pass(time.Second)))
		}))
		ctx, cancel := context.WithTimeout(t.Context(), f.StartTimeout())
		if err := f.Start(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
		time.Sleep(2 * time.Hour) // of the bubble
		ctx, cancel = context.WithTimeout(t.Context(), f.StopTimeout())
		defer cancel()
		if err := f.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestHurryWhileResourcesStopDoesNotStarveTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Add(app.Hook{Name: "second", OnStop: pass(time.Second)})
		a.Add(app.Hook{Name: "first", OnStop: pass(11 * time.Second)})
		started(t, a)
		a.Stop(app.Reason{By: "SIGTERM"})
		time.Sleep(time.Second)
		a.Hurry(app.Reason{By: "SIGTERM"})
		if r := ended(t, a); r.State != app.StateStopped {
			t.Errorf("%v", r)
		}
	})
}
