package app_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gracefulfx/graceful/app"
)

func TestDoAnswers(t *testing.T) {
	boom := errors.New("boom")
	cases := []struct {
		name    string
		handler app.Handler
		want    app.Outcome
		text    string
		is      error
	}{
		{"done", func(context.Context, app.Request) (app.Answer, error) { return app.Answer{Text: "3 keys changed"}, nil }, app.OutcomeDone, "3 keys changed", nil},
		{"unchanged", func(context.Context, app.Request) (app.Answer, error) {
			return app.Answer{Outcome: app.OutcomeUnchanged}, nil
		}, app.OutcomeUnchanged, "", nil},
		{"failed", func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, boom }, app.OutcomeFailed, "boom", boom},
		{"panicked", func(context.Context, app.Request) (app.Answer, error) { panic(boom) }, app.OutcomeFailed, "panic: boom", boom},
		{"refused by the handler", func(context.Context, app.Request) (app.Answer, error) {
			return app.Answer{Outcome: app.OutcomeRefused, Text: "not twice"}, nil
		}, app.OutcomeRefused, "not twice", errAny},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := app.New("test")
			var seen app.Answer
			a.Observe(func(e app.Event) {
				if e, ok := e.(app.CommandEnded); ok {
					seen = e.Answer
				}
			})
			a.Handle(app.Reload, c.handler)
			started(t, a)
			got, err := a.Do(t.Context(), app.Request{Command: app.Reload, By: "test"})
			if got.Outcome != c.want || !strings.Contains(got.Text, c.text) || got.By != "test" || got.Command != app.Reload {
				t.Errorf("got %+v", got)
			}
			if (err == nil) != (c.is == nil) || c.is != nil && c.is != errAny && !errors.Is(err, c.is) {
				t.Errorf("error %v, want %v", err, c.is)
			}
			a.Stop(app.Reason{})
			ended(t, a)
			if seen.Outcome != got.Outcome || seen.Text != got.Text {
				t.Errorf("the event says %+v", seen)
			}
		})
	}
}

var errAny = errors.New("any")

func TestDoRefuses(t *testing.T) {
	a := app.New("test")
	a.Handle(app.Reload, func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, nil })
	do := func(c app.Command) error {
		_, err := a.Do(t.Context(), app.Request{Command: c})
		return err
	}
	var starting, stopping error
	a.Add(app.Hook{Name: "x",
		OnStart: func(context.Context) error { starting = do(app.Reload); return nil },
		OnStop:  func(context.Context) error { stopping = do(app.Reload); return nil }})
	started(t, a)
	if err := do("dance"); !errors.Is(err, app.ErrUnhandled) || !strings.Contains(err.Error(), "known here: reload") {
		t.Errorf("unknown command: %v", err)
	}
	if err := do(app.Reload); err != nil {
		t.Errorf("when ready: %v", err)
	}
	a.Stop(app.Reason{})
	ended(t, a)
	if !errors.Is(starting, app.ErrNotReady) {
		t.Errorf("when starting: %v", starting)
	}
	if !errors.Is(stopping, app.ErrStopping) {
		t.Errorf("when stopping: %v", stopping)
	}
}

func TestCommandsRunOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		running, most := 0, 0
		release := make(chan struct{})
		a.Handle(app.Reload, func(context.Context, app.Request) (app.Answer, error) {
			running++
			most = max(most, running)
			<-release
			running--
			return app.Answer{}, nil
		})
		started(t, a)
		for range 5 {
			go a.Do(t.Context(), app.Request{Command: app.Reload})
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.Do(ctx, app.Request{Command: app.Reload}); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that gave up waiting got %v", err)
		}
		close(release)
		synctest.Wait()
		if most != 1 {
			t.Errorf("%d ran at once", most)
		}
		a.Stop(app.Reason{})
		ended(t, a)
	})
}

// A command that is registered with Beside waits for nothing and holds up nothing;
// once a stop has begun it is refused like any other.
func TestACommandBesideOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		release := make(chan struct{})
		wait := func(context.Context, app.Request) (app.Answer, error) { <-release; return app.Answer{}, nil }
		a.Handle(app.Reload, wait)
		a.Handle("watch", wait, app.Beside())
		a.Handle("show", func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, nil }, app.About("show"), app.Beside())
		started(t, a)
		go a.Do(t.Context(), app.Request{Command: app.Reload})
		go a.Do(t.Context(), app.Request{Command: "watch"})
		synctest.Wait()
		if _, err := a.Do(t.Context(), app.Request{Command: "show"}); err != nil {
			t.Errorf("got %v while two others run", err)
		}
		close(release)
		synctest.Wait()
		a.Stop(app.Reason{})
		ended(t, a)
		if _, err := a.Do(t.Context(), app.Request{Command: "show"}); !errors.Is(err, app.ErrStopping) {
			t.Errorf("got %v after the stop", err)
		}
	})
}

func TestStopPreemptsACommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Handle(app.Reload, func(ctx context.Context, _ app.Request) (app.Answer, error) {
			<-ctx.Done()
			return app.Answer{}, context.Cause(ctx)
		})
		started(t, a)
		answer, waiting := make(chan error, 1), make(chan error, 1)
		go func() { _, err := a.Do(t.Context(), app.Request{Command: app.Reload}); answer <- err }()
		synctest.Wait()
		go func() { _, err := a.Do(t.Context(), app.Request{Command: app.Reload}); waiting <- err }()
		synctest.Wait()
		a.Stop(app.Reason{By: "test"})
		ended(t, a)
		var r *app.Reason
		if err := <-answer; !errors.As(err, &r) || r.By != "test" {
			t.Errorf("the running one got %v", err)
		}
		if err := <-waiting; !errors.Is(err, app.ErrStopping) {
			t.Errorf("the waiting one got %v", err)
		}
	})
}

func TestRefuseIsAnAnswerForEveryone(t *testing.T) {
	a := app.New("test")
	seen := make(chan app.Answer, 1)
	a.Observe(func(e app.Event) {
		if e, ok := e.(app.CommandEnded); ok {
			seen <- e.Answer
		}
	})
	got := a.Wiring().Refuse(app.Request{Command: app.Reload, By: "SIGHUP"}, errors.New("not today"))
	if got.Outcome != app.OutcomeRefused || got.Text != "not today" || got.By != "SIGHUP" {
		t.Errorf("got %+v", got)
	}
	if e := <-seen; e.Text != got.Text {
		t.Errorf("the event says %+v", e)
	}
}

func TestDoFromInsideACommandIsRefused(t *testing.T) {
	a := app.New("test")
	a.Handle("inner", func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, nil })
	a.Handle("outer", func(ctx context.Context, _ app.Request) (app.Answer, error) {
		return a.Do(ctx, app.Request{Command: "inner"}) // would wait for itself
	})
	started(t, a)
	if ans, err := a.Do(t.Context(), app.Request{Command: "outer"}); !errors.Is(err, app.ErrInside) || ans.Outcome != app.OutcomeRefused {
		t.Errorf("got %+v, %v", ans, err)
	}
	a.Stop(app.Reason{})
	ended(t, a)
}

// Whatever a handler returns, the error is nil if and only if it worked.
func TestErrorOfDoAgreesWithTheOutcome(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name    string
		outcome app.Outcome
		err     error
		want    app.Outcome
		fails   bool
	}{
		{"nothing said", "", nil, app.OutcomeDone, false},
		{"error", "", boom, app.OutcomeFailed, true},
		{"done and an error", app.OutcomeDone, boom, app.OutcomeFailed, true},
		{"pending", app.OutcomePending, nil, app.OutcomePending, false},
		{"refused without an error", app.OutcomeRefused, nil, app.OutcomeRefused, true},
		{"refused with an error", app.OutcomeRefused, boom, app.OutcomeRefused, true},
		{"an outcome of the handler's", "weird", nil, "weird", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := app.New("test")
			a.Handle("c", func(context.Context, app.Request) (app.Answer, error) { return app.Answer{Outcome: c.outcome}, c.err })
			started(t, a)
			ans, err := a.Do(t.Context(), app.Request{Command: "c"})
			if ans.Outcome != c.want || (err != nil) != c.fails {
				t.Errorf("got %v, %v; want %v, an error %v", ans.Outcome, err, c.want, c.fails)
			}
			a.Stop(app.Reason{})
			ended(t, a)
		})
	}
}

func TestHandlerThatExitsItsGoroutineFails(t *testing.T) {
	a := app.New("test")
	a.Handle("c", func(context.Context, app.Request) (app.Answer, error) { runtime.Goexit(); return app.Answer{}, nil })
	started(t, a)
	if ans, err := a.Do(t.Context(), app.Request{Command: "c"}); err == nil || ans.Outcome != app.OutcomeFailed {
		t.Errorf("got %v, %v", ans.Outcome, err)
	}
	a.Stop(app.Reason{})
	ended(t, a)
}

// A command takes only the arguments that About names; without About it takes any.
func TestArgumentsOfCommandsAreThoseOfAbout(t *testing.T) {
	a := app.New("test")
	said := make(chan string, 1)
	a.Observe(func(e app.Event) {
		if p, ok := e.(app.CommandProgressed); ok {
			said <- string(p.Request.Command) + " " + p.Line
		}
	})
	handler := func(ctx context.Context, r app.Request) (app.Answer, error) {
		app.Progress(ctx, "half")
		return app.Answer{Text: r.Args["to"]}, nil
	}
	a.Handle("backup", handler, app.About("write a copy", app.Arg{Name: "to"}))
	a.Handle("old", handler)
	started(t, a)
	do := func(c app.Command, key string) (app.Answer, error) {
		return a.Do(t.Context(), app.Request{Command: c, Args: map[string]string{key: "x"}})
	}
	if ans, err := do("backup", "too"); !errors.Is(err, app.ErrArgument) || ans.Outcome != app.OutcomeRefused || !strings.Contains(ans.Text, "takes to") {
		t.Errorf("unknown argument: got %+v, %v", ans, err)
	}
	if ans, err := do("backup", "to"); err != nil || ans.Text != "x" {
		t.Errorf("known argument: got %+v, %v", ans, err)
	}
	if got := <-said; got != "backup half" {
		t.Errorf("progress: got %q", got)
	}
	if _, err := do("old", "anything"); err != nil {
		t.Errorf("without About: %v", err)
	}
	if got := a.Wiring().Commands(); len(got) != 2 || got[0].Text != "write a copy" || got[0].Loose || !got[1].Loose {
		t.Errorf("commands: got %+v", got)
	}
	app.Progress(t.Context(), "it is not a handler's context")
	a.Stop(app.Reason{})
	ended(t, a)
}
