package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestMisuseWhileWiringFailsTheStart(t *testing.T) {
	nop := func(context.Context) error { return nil }
	cases := []struct {
		name string
		wire func(*app.App)
		want string
	}{
		{"unknown phase", func(a *app.App) { a.At(99, "x", nop) }, "phase(99) is not a phase"},
		{"no phase", func(a *app.App) { a.At(0, "x", nop) }, "is not a phase of the way down"},
		{"start in a stop phase", func(a *app.App) { a.Add(app.Hook{Name: "x", StartIn: app.Drain, OnStart: nop}) }, "drain is not a phase of the way up"},
		{"stop in a start phase", func(a *app.App) { a.Add(app.Hook{Name: "x", StopIn: app.Bind, OnStop: nop}) }, "bind is not a phase of the way down"},
		{"negative timeout", func(a *app.App) { a.Add(app.Hook{Name: "x", OnStop: nop, Timeout: -1}) }, "negative timeout"},
		{"task without function", func(a *app.App) { a.Go("x", nil) }, "has no function"},
		{"task in an unknown phase", func(a *app.App) { a.Go("x", nop, app.StopIn(app.Bind)) }, "must be phases of the way down"},
		{"task that stops in a phase that may be skipped", func(a *app.App) { a.Go("x", nop, app.FinishIn(app.LameDuck)) }, "may be skipped"},
		{"task with a negative backoff", func(a *app.App) { a.Go("x", nop, app.Restart(app.Backoff{Pause: -1})) }, "no negative values"},
		{"nil observer", func(a *app.App) { a.Observe(nil) }, "nil observer"},
		{"nil function before fx's stop", func(a *app.App) { a.Wiring().BeforeFxStop(nil) }, "nil function"},
		{"task that finishes before it stops pulling", func(a *app.App) { a.Go("x", nop, app.StopIn(app.Final)) }, "comes after FinishIn"},
		{"two handlers", func(a *app.App) {
			h := func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, nil }
			a.Handle("x", h)
			a.Handle("x", h)
		}, "two handlers"},
		{"nil handler", func(a *app.App) { a.Handle("x", nil) }, "nil handler"},
		{"nil check", func(a *app.App) { a.AddCheck(app.Check{Name: "db"}) }, "check db has no function"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := app.New("test")
			c.wire(a)
			err := a.Start(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
			if a.State() != app.StateFailed {
				t.Errorf("state %v", a.State())
			}
		})
	}
}

func TestHookWithoutFunctionsIsIgnored(t *testing.T) {
	a := app.New("test")
	a.Add(app.Hook{Name: "nothing"})
	started(t, a)
	a.Stop(app.Reason{})
	if r := ended(t, a); len(r.Steps) != 0 {
		t.Errorf("steps %v", r.Steps)
	}
}

func TestHookAddedLate(t *testing.T) {
	cases := []struct {
		name  string
		when  app.State
		start bool   // the late hook has an OnStart
		want  string // what is recorded of the late hook
		err   string // of Start
		warn  bool
	}{
		{"by a hook, its phase not over", app.StateStarting, true, "+late -late", "", false},
		{"when ready, only to stop", app.StateReady, false, "-late", "", false},
		{"when ready, to start", app.StateReady, true, "", "", true},
		{"when stopping", app.StateStopping, false, "", "", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, d := app.New("test"), &recorder{}
				warned := false
				a.Observe(func(e app.Event) {
					if _, ok := e.(app.Warned); ok {
						warned = true
					}
				})
				late := d.hook("late", 0, 0)
				if !c.start {
					late.OnStart = nil
				}
				add := func(s app.State) {
					if s == c.when {
						a.Add(late)
					}
				}
				a.Add(app.Hook{Name: "early",
					OnStart: func(context.Context) error { add(app.StateStarting); return nil },
					OnStop:  func(context.Context) error { add(app.StateStopping); return nil }})
				err := a.Start(t.Context())
				if (err == nil) != (c.err == "") {
					t.Fatalf("Start: %v", err)
				}
				add(app.StateReady)
				a.Stop(app.Reason{})
				ended(t, a)
				if got := strings.Join(d.all(), " "); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
				if warned != c.warn {
					t.Errorf("warned %v, want %v", warned, c.warn)
				}
			})
		})
	}
}

func TestHookAddedAfterItsPhaseFailsTheStart(t *testing.T) {
	a := app.New("test")
	nop := func(context.Context) error { return nil }
	a.At(app.Serve, "server", func(context.Context) error {
		a.Add(app.Hook{Name: "late", StartIn: app.Bind, OnStart: nop})
		return nil
	})
	err := a.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "phase bind had passed") {
		t.Errorf("got %v", err)
	}
}

func TestInvalidSettingsAreReplacedAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a := app.New("test")
		var warnings []string
		a.Observe(func(e app.Event) {
			if w, ok := e.(app.Warned); ok {
				warnings = append(warnings, w.Err.Error())
			}
		})
		a.Wiring().Configure(func() app.StartConfig { return app.StartConfig{Timeout: -1} },
			func() app.StopConfig { return app.StopConfig{Timeout: -1} })
		a.Add(app.Hook{Name: "hang", OnStop: func(context.Context) error { <-release; return nil }})
		started(t, a)
		a.Stop(app.Reason{})
		if r := ended(t, a); r.Down > 25*time.Second || r.Down < 20*time.Second {
			t.Errorf("took %v, want the default budget", r.Down)
		}
		if got := strings.Join(warnings, "\n"); !strings.Contains(got, "start.timeout is -1ns") || !strings.Contains(got, "stop.timeout is -1ns") {
			t.Errorf("warnings:\n%s", got)
		}
	})
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
