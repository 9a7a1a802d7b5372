package app_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
)

// Each of these was a bug; the name says what was seen.

func pass(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
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

func TestLogThatNobodyReadsDoesNotHoldTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		unblock := make(chan struct{})
		defer close(unblock)
		a.Observe(func(e app.Event) {
			if _, ok := e.(app.StopRequested); ok {
				<-unblock
			}
		})
		a.Add(app.Hook{Name: "db", OnStop: func(context.Context) error { return nil }})
		started(t, a)
		a.Stop(app.Reason{})
		if r := ended(t, a); r.State != app.StateStopped {
			t.Errorf("%v", r)
		}
	})
}

func TestObserverThatExitsItsGoroutineDoesNotEndThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		last := false
		a.Observe(func(e app.Event) {
			if s, ok := e.(app.StateChanged); ok && s.To == app.StateStopping {
				runtime.Goexit()
			}
		})
		a.Observe(func(e app.Event) { _, last = e.(app.Ended) })
		started(t, a)
		a.Stop(app.Reason{})
		ended(t, a)
		if !last {
			t.Error("events after it were lost")
		}
	})
}

func TestErrorOfATaskToldToStopPullingIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("cannot acknowledge the last batch")
		a := app.New("test")
		a.Go("consumer", func(ctx context.Context) error { <-app.Draining(ctx); return lost }, app.StopIn(app.Unbind))
		started(t, a)
		a.Stop(app.Reason{})
		if _, err := a.Wait(t.Context()); !errors.Is(err, lost) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTaskThatDiesWhileOthersDrainMakesTheEndUnclean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Go("mailer", func(ctx context.Context) error { return errors.Join(pass(time.Second)(ctx), errors.New("disk full")) })
		a.At(app.Drain, "requests", pass(3*time.Second))
		started(t, a)
		a.Stop(app.Reason{})
		if r := ended(t, a); r.Code != 1 || r.State != app.StateFailed {
			t.Errorf("%v, code %d", r.State, r.Code)
		}
	})
}

func TestSoleTaskIsNotStartedInTheMiddleOfAStop(t *testing.T) {
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

func TestCheckThatHangsHoldsOneGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, release := app.New("test"), make(chan struct{})
		a.AddCheck(app.Check{Name: "stuck", Fn: func(context.Context) error { <-release; return nil }})
		started(t, a)
		before := runtime.NumGoroutine()
		for range 50 {
			if ok, text := a.Wiring().Readiness(t.Context()); ok || !strings.Contains(text, "stuck: no answer for") {
				t.Fatalf("got %v %q", ok, text)
			}
		}
		if n := runtime.NumGoroutine() - before; n > 5 {
			t.Errorf("50 probes left %d goroutines", n)
		}
		close(release)
		synctest.Wait()
		if ok, text := a.Wiring().Readiness(t.Context()); !ok {
			t.Errorf("it answers again: %q", text)
		}
		a.Stop(app.Reason{})
		ended(t, a)
	})
}

func TestAbandonedHookHasAStackAmongManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, release := app.New("test"), make(chan struct{})
		defer close(release)
		for range 10_000 {
			go func() { <-release }()
		}
		a.Add(app.Hook{Name: "stuck", OnStop: func(context.Context) error { <-release; return nil }})
		started(t, a)
		a.Stop(app.Reason{})
		if s := outcome(t, ended(t, a), "down", "stuck"); !strings.Contains(s.Stack, "regression_test.go") {
			t.Errorf("stack %q", s.Stack)
		}
	})
}

func TestStartAfterStopWaitsForTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Observe(func(e app.Event) {
			if _, ok := e.(app.Ended); ok {
				time.Sleep(time.Second)
			}
		})
		a.Stop(app.Reason{})
		if err := a.Start(t.Context()); err != nil {
			t.Error(err)
		}
		select {
		case <-a.Done():
		default:
			t.Error("Done is not closed")
		}
	})
}

func TestWaitAfterAFailedStartReturnsWhy(t *testing.T) {
	boom := errors.New("boom")
	a := app.New("test")
	a.Add(app.Hook{Name: "db", OnStart: func(context.Context) error { return boom }})
	_ = a.Start(t.Context())
	if _, err := a.Wait(t.Context()); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
}

func TestSettingsMayAskTheApp(t *testing.T) {
	a := app.New("test")
	a.Wiring().Configure(func() app.StartConfig { _ = a.State(); return app.DefaultStart() },
		func() app.StopConfig { _ = a.Reason(); return app.DefaultStop() })
	a.Wiring().Configure(nil, nil)
	started(t, a)
	a.Stop(app.Reason{})
	ended(t, a)
}

func TestMisuseIsNotLostWhenAHookFailsAsWell(t *testing.T) {
	a := app.New("test")
	a.Add(app.Hook{Name: "db", OnStart: func(context.Context) error {
		a.Handle("x", nil)
		return errors.New("boom")
	}})
	if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "nil handler") || !strings.Contains(err.Error(), "boom") {
		t.Errorf("got %v", err)
	}
}

func TestReasonIsOneLine(t *testing.T) {
	r := &app.Reason{By: "start", Err: errors.Join(errors.New("a"), errors.New("b"))}
	if got, want := r.Error(), "start: a; b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
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

func TestPhasesThatCannotFitAreSaidAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Wiring().Configure(nil, func() app.StopConfig {
			return app.StopConfig{Timeout: 30 * time.Second, LameDuck: 29 * time.Second, Platform: 30 * time.Second}
		})
		var warnings []string
		a.Observe(func(e app.Event) {
			if w, ok := e.(app.Warned); ok {
				warnings = append(warnings, w.Err.Error())
			}
		})
		a.At(app.Drain, "requests", func(context.Context) error { return nil })
		started(t, a)
		a.Stop(app.Reason{Kind: app.Signalled, By: "SIGTERM"})
		ended(t, a)
		if got := strings.Join(warnings, "\n"); len(warnings) != 2 || !strings.Contains(got, "stop.lame_duck") || !strings.Contains(got, "stop.platform") {
			t.Errorf("got %q", warnings)
		}
	})
}
