package app_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func probe(h http.Handler, target string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestReadinessSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		ready := func(want int, text string) {
			t.Helper()
			code, body := probe(a.HealthHandler(nil).Ready, "/readyz")
			if code != want || !strings.Contains(body, text) {
				t.Errorf("got %d %q, want %d with %q", code, body, want, text)
			}
			if code, body := probe(a.HealthHandler(nil).Live, "/livez"); code != 200 {
				t.Errorf("not alive: %d %s", code, body)
			}
		}
		down := errors.New("no connection")
		var dbErr error
		a.AddCheck(app.Check{Name: "db", Fn: func(context.Context) error { return dbErr }})
		a.AddCheck(app.Check{Name: "cache", Fn: func(context.Context) error { return nil }})
		startup := func(want int, text string) {
			t.Helper()
			if code, body := probe(a.HealthHandler(nil).Startup, "/startupz?verbose"); code != want || !strings.HasPrefix(body, text) {
				t.Errorf("startup: got %d %q, want %d with %q", code, body, want, text)
			}
		}
		a.Add(app.Hook{Name: "migrate",
			OnStart: func(context.Context) error {
				ready(503, "starting; waiting for resources migrate")
				startup(503, "starting; waiting for resources migrate")
				return nil
			},
			OnStop: func(context.Context) error {
				ready(503, "stopping: SIGTERM; waiting for resources migrate")
				startup(200, "stopping: SIGTERM; waiting for resources migrate")
				return nil
			}})
		a.At(app.Announce, "tell", func(context.Context) error { ready(503, "draining: SIGTERM; waiting for announce tell"); return nil })
		ready(503, "new")
		startup(503, "new")
		started(t, a)
		ready(200, "ready")
		startup(200, "ready")
		if _, body := probe(a.HealthHandler(nil).Ready, "/readyz?verbose"); body != "ready\n[+]db ok\n[+]cache ok" {
			t.Errorf("verbose: %q", body)
		}
		dbErr = down
		ready(503, "not ready\n[-]db: no connection")
		a.Stop(app.Reason{Kind: app.Signalled, By: "SIGTERM"})
		ended(t, a)
		ready(503, "stopped: SIGTERM")
	})
}

func TestHealthHandlerLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	a := app.New("test")
	h := a.HealthHandler(http.NotFoundHandler())
	for target, want := range map[string]int{"/livez": 200, "/livez?verbose": 200, "/readyz": 503, "/startupz": 503, "/": 404, "/readyz/": 404, "/livezz": 404} {
		if code, body := probe(h, target); code != want {
			t.Errorf("%s: got %d %s, want %d", target, code, body, want)
		}
	}
}

func TestCheckRunsAgainWhenItsAnswerIsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		asked := 0
		a.AddCheck(app.Check{Name: "db", Keep: 10 * time.Second, Fn: func(context.Context) error {
			if asked++; asked == 2 {
				return errors.New("gone")
			}
			return nil
		}})
		started(t, a)
		for _, c := range []struct {
			wait        time.Duration
			code, asked int
		}{{0, 200, 1}, {9 * time.Second, 200, 1}, {2 * time.Second, 503, 2}, {9 * time.Second, 503, 2}, {time.Second, 200, 3}, {time.Hour, 200, 4}} {
			time.Sleep(c.wait)
			if code, body := probe(a.HealthHandler(nil).Ready, "/readyz"); code != c.code || asked != c.asked {
				t.Errorf("after %v: got %d %q, asked %d times, want %d and %d", c.wait, code, body, asked, c.code, c.asked)
			}
		}
		a.Stop(app.Reason{})
		ended(t, a)
	})
}

func TestCheckThatHangsOrPanicsIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.AddCheck(app.Check{Name: "slow", Fn: func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }})
		a.AddCheck(app.Check{Name: "mad", Fn: func(context.Context) error { panic("ouch") }})
		started(t, a)
		code, body := probe(a.HealthHandler(nil).Ready, "/readyz")
		if code != 503 || !strings.Contains(body, "[-]slow: ") || !strings.Contains(body, "[-]mad: panic: ouch") {
			t.Errorf("got %d %q", code, body)
		}
		a.Stop(app.Reason{})
		ended(t, a)
	})
}

func TestFailedIsNotAlive(t *testing.T) {
	a := app.New("test")
	a.Add(app.Hook{Name: "bad", OnStart: func(context.Context) error { return errors.New("no") }})
	_ = a.Start(t.Context())
	if code, _ := probe(a.HealthHandler(nil).Live, "/livez"); code != 503 {
		t.Errorf("got %d", code)
	}
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
