package app_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestPhasesRunInOrderWhateverTheOrderOfAdding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := app.New("test"), &recorder{}
		a.Add(d.hook("server", app.Serve, app.Drain))
		a.Add(d.hook("db", app.Resources, app.Resources))
		a.Add(d.hook("cache", 0, 0))
		a.Add(d.hook("port", app.Bind, app.Unbind))
		a.Add(d.hook("admin", app.Observability, app.Final))
		a.At(app.Announce, "registry", func(context.Context) error { d.add("-registry"); return nil })
		a.Go("worker", func(ctx context.Context) error { d.add("+worker"); <-ctx.Done(); d.add("-worker"); return nil })
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		a.Stop(app.Reason{Kind: app.Requested, By: "test"})
		r := ended(t, a)
		got := strings.Join(d.all(), " ")
		const want = "+admin +port +db +cache +server +worker -registry -port -server -worker -cache -db -admin"
		// The worker runs on its own goroutine: it may be seen before the server.
		if other := strings.Replace(want, "+server +worker", "+worker +server", 1); got != want && got != other {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if r.Code != 0 || r.State != app.StateStopped {
			t.Errorf("%v, code %d, want stopped, 0", r.State, r.Code)
		}
	})
}

func TestStopHooksThatMisbehaveDoNotStopTheNext(t *testing.T) {
	boom := errors.New("boom")
	cases := []struct {
		name string
		stop func(context.Context, <-chan struct{}) error
		want app.Outcome
		is   error
	}{
		{"fails", func(context.Context, <-chan struct{}) error { return boom }, app.OutcomeFailed, boom},
		{"panics", func(context.Context, <-chan struct{}) error { panic("ouch") }, app.OutcomePanicked, nil},
		{"panics with an error", func(context.Context, <-chan struct{}) error { panic(boom) }, app.OutcomePanicked, boom},
		{"exits its goroutine", func(context.Context, <-chan struct{}) error { runtime.Goexit(); return nil }, app.OutcomeExited, nil},
		{"obeys its context", func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return ctx.Err() }, app.OutcomeFailed, context.DeadlineExceeded},
		{"never returns", func(_ context.Context, release <-chan struct{}) error { <-release; return nil }, app.OutcomeAbandoned, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				defer close(release)
				a, d := app.New("test"), &recorder{}
				a.Add(d.hook("db", 0, 0))
				a.Add(app.Hook{Name: "bad", OnStop: func(ctx context.Context) error { return c.stop(ctx, release) }})
				if err := a.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				a.Stop(app.Reason{})
				r := ended(t, a)
				s := outcome(t, r, "down", "bad")
				if s.Outcome != c.want {
					t.Errorf("outcome %v (%v), want %v", s.Outcome, s.Err, c.want)
				}
				if c.is != nil && !errors.Is(s.Err, c.is) {
					t.Errorf("error %v is not %v", s.Err, c.is)
				}
				if got := d.all(); !slices.Contains(got, "-db") {
					t.Errorf("the hook after it did not run: %v", got)
				}
				if r.Code != 1 || r.State != app.StateFailed {
					t.Errorf("%v, code %d, want failed, 1", r.State, r.Code)
				}
				if r.Down > app.DefaultStop().Timeout {
					t.Errorf("took %v, more than the budget", r.Down)
				}
				if c.want == app.OutcomeAbandoned && !strings.Contains(s.Stack, "plan_test.go") {
					t.Errorf("the stack does not show where it hangs:\n%s", s.Stack)
				}
			})
		})
	}
}

func TestHurryCutsLameDuckAndDrainAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Wiring().Configure(app.DefaultStart, func() app.StopConfig {
			return app.StopConfig{Timeout: 100 * time.Second, LameDuck: 20 * time.Second}
		})
		a.At(app.Drain, "requests", func(ctx context.Context) error {
			<-ctx.Done()
			app.Count(ctx, "cut", 7)
			return nil
		})
		a.Add(app.Hook{Name: "db", OnStop: func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(3 * time.Second):
				return nil
			}
		}})
		if err := a.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Stop(app.Reason{Kind: app.Signalled, By: "first"})
		time.Sleep(time.Second) // in the lame duck
		a.Hurry(app.Reason{Kind: app.Signalled, By: "second"})
		r := ended(t, a)
		if s := outcome(t, r, "down", "db"); s.Outcome != app.OutcomeDone {
			t.Errorf("db: %v %v", s.Outcome, s.Err)
		}
		if got, want := r.Down, 4*time.Second; got != want {
			t.Errorf("took %v, want %v", got, want)
		}
		if got := r.Counts()["cut"]; got != 7 {
			t.Errorf("cut %d, want 7", got)
		}
		if len(r.Also) != 1 || r.Also[0].By != "second" || r.Reason.By != "first" {
			t.Errorf("reasons %v, %v", r.Reason, r.Also)
		}
	})
}

func TestLameDuckLastsAsConfiguredAndIsSkippedWhenPointless(t *testing.T) {
	cases := []struct {
		name   string
		reason app.Reason
		want   time.Duration
	}{
		{"SIGTERM", app.Reason{Kind: app.Signalled, By: "SIGTERM"}, 5 * time.Second},
		{"successor", app.Reason{Kind: app.Replaced}, 0},
		{"Ctrl-C", app.Reason{Kind: app.Signalled, Signal: os.Interrupt}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := app.New("test")
				a.Wiring().Configure(app.DefaultStart, func() app.StopConfig {
					return app.StopConfig{Timeout: 25 * time.Second, LameDuck: 5 * time.Second}
				})
				announced := false
				a.At(app.Announce, "registry", func(context.Context) error { announced = true; return nil })
				if err := a.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				a.Stop(c.reason)
				if r := ended(t, a); r.Down != c.want {
					t.Errorf("took %v, want %v", r.Down, c.want)
				}
				if want := c.reason.Kind != app.Replaced; announced != want {
					t.Errorf("announced %v, want %v", announced, want)
				}
			})
		})
	}
}
