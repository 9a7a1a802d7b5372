package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestStopIsIdempotentAndFirstWins(t *testing.T) {
	a := app.New("test")
	started(t, a)
	var all sync.WaitGroup
	firsts := make(chan string, 100)
	for i := range 100 {
		all.Go(func() {
			by := string(rune('a' + i%26))
			if a.Stop(app.Reason{Kind: app.Requested, By: by, Code: i}) {
				firsts <- by
			}
		})
	}
	all.Wait()
	r := ended(t, a)
	if len(firsts) != 1 || r.Reason.By != <-firsts || len(r.Also) != 99 || r.Code != r.Reason.Code {
		t.Errorf("%d firsts, reason %v, %d others, code %d", len(firsts)+1, r.Reason, len(r.Also), r.Code)
	}
}

func TestStopFromEverywhere(t *testing.T) {
	cases := []struct {
		name string
		wire func(*app.App, func())
	}{
		{"start hook", func(a *app.App, stop func()) {
			a.Add(app.Hook{Name: "x", OnStart: func(context.Context) error { stop(); return nil }})
		}},
		{"last start hook", func(a *app.App, stop func()) {
			a.At(app.Serve, "x", func(context.Context) error { stop(); return nil })
		}},
		{"task", func(a *app.App, stop func()) {
			a.Go("x", func(ctx context.Context) error { stop(); <-ctx.Done(); return nil })
		}},
		{"observer", func(a *app.App, stop func()) {
			a.Observe(func(e app.Event) {
				if c, ok := e.(app.StateChanged); ok && c.To == app.StateReady {
					stop()
				}
			})
		}},
		{"stop hook", func(a *app.App, stop func()) {
			a.Add(app.Hook{Name: "x", OnStop: func(context.Context) error { stop(); return nil }})
			a.Go("y", func(ctx context.Context) error { stop(); <-ctx.Done(); return nil })
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, d := app.New("test"), &recorder{}
				a.Add(d.hook("db", 0, 0))
				c.wire(a, func() { a.Stop(app.Reason{Kind: app.Requested, By: "test"}) })
				started(t, a)
				r := ended(t, a)
				if r.State != app.StateStopped || r.Code != 0 || r.Reason.By != "test" {
					t.Errorf("%v, code %d, by %s", r.State, r.Code, r.Reason.By)
				}
				if got := strings.Join(d.all(), " "); got != "+db -db" {
					t.Errorf("got %s", got)
				}
			})
		})
	}
}

func TestStopBeforeStart(t *testing.T) {
	for _, code := range []int{0, 3} {
		a, d := app.New("test"), &recorder{}
		a.Add(d.hook("db", 0, 0))
		a.Stop(app.Reason{Kind: app.Requested, By: "test", Code: code})
		err := a.Start(t.Context())
		if (err != nil) != (code != 0) {
			t.Errorf("code %d: Start: %v", code, err)
		}
		r := ended(t, a)
		if len(d.all()) != 0 || r.Code != code {
			t.Errorf("code %d: %v, code %d", code, d.all(), r.Code)
		}
	}
}

func TestSecondStartIsRefused(t *testing.T) {
	a := app.New("test")
	started(t, a)
	if err := a.Start(t.Context()); !errors.Is(err, app.ErrStarted) {
		t.Errorf("when ready: %v", err)
	}
	a.Stop(app.Reason{})
	ended(t, a)
	if err := a.Start(t.Context()); !errors.Is(err, app.ErrStopped) {
		t.Errorf("after the end: %v", err)
	}
}

func TestStopWaitExplainsAnUnexplainedStop(t *testing.T) {
	a := app.New("test")
	a.Wiring().BeforeFxStop(func() { a.Stop(app.Reason{Kind: app.Signalled, By: "SIGTERM"}) })
	started(t, a)
	if err := a.StopWait(t.Context()); err != nil {
		t.Error(err)
	}
	if r := a.Reason(); r.By != "SIGTERM" {
		t.Errorf("reason %v", r)
	}
}

func TestStopWaitWithACancelledContextHurries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.At(app.Drain, "requests", func(ctx context.Context) error { <-ctx.Done(); return nil })
		started(t, a)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := a.StopWait(ctx); err != nil {
			t.Error(err)
		}
		if r := a.Report(); r.Down != 0 {
			t.Errorf("took %v", r.Down)
		}
	})
}

func TestStopWaitKeepsAGivenExitCode(t *testing.T) {
	boom := errors.New("boom")
	for code, want := range map[int]error{0: boom, 7: nil} {
		a := app.New("test")
		a.Add(app.Hook{Name: "bad", OnStop: func(context.Context) error { return boom }})
		started(t, a)
		a.Stop(app.Reason{Kind: app.Requested, Code: code})
		if err := a.StopWait(t.Context()); !errors.Is(err, want) {
			t.Errorf("code %d: %v, want %v", code, err, want)
		}
		if got := a.Report().Code; got != max(code, 1) {
			t.Errorf("exit code %d, want %d", got, max(code, 1))
		}
	}
}

func TestWaitLeavesWhenItsContextEnds(t *testing.T) {
	a := app.New("test")
	started(t, a)
	ctx, cancel := context.WithCancelCause(t.Context())
	boom := errors.New("boom")
	cancel(boom)
	if _, err := a.Wait(ctx); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	a.Stop(app.Reason{})
	ended(t, a)
}

func TestReasonOfAStopHook(t *testing.T) {
	a := app.New("test")
	a.Add(app.Hook{Name: "registry", OnStop: func(ctx context.Context) error {
		if r := app.ReasonOf(ctx); r == nil || r.Kind != app.Replaced || ctx.Err() != nil {
			t.Errorf("reason %v, context %v", r, ctx.Err())
		}
		return nil
	}})
	started(t, a)
	if r := app.ReasonOf(t.Context()); r != nil {
		t.Errorf("a context of no stop has reason %v", r)
	}
	a.Stop(app.Reason{Kind: app.Replaced})
	ended(t, a)
}

func TestReportIsReadableAndJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("shop")
		a.At(app.Drain, "http", func(ctx context.Context) error {
			app.Count(ctx, "drained", 12)
			app.Count(ctx, "cut", 1)
			app.Count(context.Background(), "cut", 100) // of no hook: ignored
			time.Sleep(12 * time.Second)
			return nil
		})
		a.Add(app.Hook{Name: "db", OnStop: func(context.Context) error { return errors.New("still open") }})
		started(t, a)
		a.Stop(app.Reason{Kind: app.Signalled, By: "SIGTERM"})
		r := ended(t, a)
		if got, want := r.String(), "failed (SIGTERM) in 12s, cut 1, drained 12; db failed in resources; exit code 1"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if s := outcome(t, r, "down", "http"); !s.Slow || !strings.HasPrefix(s.Source, "app/stop_test.go:") {
			t.Errorf("slow %v, source %s", s.Slow, s.Source)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{`"state":"failed"`, `"phase":"drain"`, `"error":"still open"`, `"by":"SIGTERM"`, `"kind":"signal"`, `"drained":12`} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s is not in %s", part, text)
			}
		}
	})
}

func TestEventsComeInOrderAndOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		var got []string
		a.Observe(func(e app.Event) {
			switch e := e.(type) {
			case app.StateChanged:
				got = append(got, e.To.String())
			case app.StopRequested:
				got = append(got, "stop "+e.Reason.By)
			case app.Ended:
				got = append(got, "ended")
			}
			panic("an observer that panics stops nothing")
		})
		started(t, a)
		a.Stop(app.Reason{By: "test"})
		ended(t, a)
		if want := "starting ready stop test draining stopping stopped ended"; strings.Join(got, " ") != want {
			t.Errorf("got  %v\nwant %s", got, want)
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

func TestRequestDeadlineIsWhenTheDrainCancelsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Wiring().Configure(nil, func() app.StopConfig {
			return app.StopConfig{Timeout: 35 * time.Second, LameDuck: 5 * time.Second}
		})
		var lame, told, lastCall time.Time
		a.At(app.LameDuck, "look", func(context.Context) error { lame = a.RequestDeadline(); return nil })
		a.At(app.Drain, "server", func(ctx context.Context) error {
			end, _ := ctx.Deadline()
			told, lastCall = a.RequestDeadline(), end.Add(-app.LastCall(time.Until(end)))
			return nil
		})
		a.At(app.Tasks, "look", func(context.Context) error {
			if d := a.RequestDeadline(); !d.IsZero() {
				t.Errorf("after the drain it is %v", d)
			}
			return nil
		})
		started(t, a)
		a.Stop(app.Reason{Kind: app.Requested, By: "test"})
		ended(t, a)
		if !told.Equal(lastCall) || !lame.Equal(told) || !told.Before(a.StopDeadline()) {
			t.Errorf("said %v as a lame duck and %v in the drain, want %v", lame, told, lastCall)
		}
	})
}
