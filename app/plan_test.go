package app_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// diary notes in which order things happened.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) add(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

func (d *diary) hook(name string, up, down app.Phase) app.Hook {
	return app.Hook{Name: name, StartIn: up, StopIn: down,
		OnStart: func(context.Context) error { d.add("+" + name); return nil },
		OnStop:  func(context.Context) error { d.add("-" + name); return nil }}
}

func ended(t *testing.T, a *app.App) app.Report {
	t.Helper()
	<-a.Done()
	return a.Report()
}

func outcome(t *testing.T, r app.Report, way, name string) app.Step {
	t.Helper()
	for _, s := range r.Steps {
		if s.Way == way && s.Name == name {
			return s
		}
	}
	t.Fatalf("no step %s %s in %+v", way, name, r.Steps)
	return app.Step{}
}

func TestPhasesRunInOrderWhateverTheOrderOfAdding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := app.New("test"), &diary{}
		a.Add(d.hook("server", app.Serve, app.Drain))
		a.Add(d.hook("db", app.Resources, app.Resources))
		a.Add(d.hook("cache", 0, 0))
		a.Add(d.hook("port", app.Bind, app.Unbind))
		a.Add(d.hook("admin", app.Observe, app.Final))
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
				a, d := app.New("test"), &diary{}
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
		a, d := app.New("test"), &diary{}
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
				a, d := app.New("test"), &diary{}
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
		a, d := app.New("test"), &diary{}
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
		a, d := app.New("test"), &diary{}
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

func TestNearerDeadlineShrinksThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a, d := app.New("test"), &diary{}
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
		a, d := app.New("test"), &diary{}
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

func TestStartWithinACallersDeadlineRollsBackWithinIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := app.New("test"), &diary{}
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
