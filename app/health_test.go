package app_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

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
			code, body := probe(a.ReadyHandler(), "/readyz")
			if code != want || !strings.Contains(body, text) {
				t.Errorf("got %d %q, want %d with %q", code, body, want, text)
			}
			if code, body := probe(a.LiveHandler(), "/livez"); code != 200 {
				t.Errorf("not alive: %d %s", code, body)
			}
		}
		down := errors.New("no connection")
		var dbErr error
		a.AddCheck(app.Check{Name: "db", Fn: func(context.Context) error { return dbErr }})
		a.AddCheck(app.Check{Name: "cache", Fn: func(context.Context) error { return nil }})
		a.Add(app.Hook{Name: "migrate",
			OnStart: func(context.Context) error { ready(503, "starting; waiting for resources migrate"); return nil },
			OnStop: func(context.Context) error {
				ready(503, "stopping: SIGTERM; waiting for resources migrate")
				return nil
			}})
		ready(503, "new")
		started(t, a)
		ready(200, "ready")
		if _, body := probe(a.ReadyHandler(), "/readyz?verbose"); body != "ready\n[+]db ok\n[+]cache ok" {
			t.Errorf("verbose: %q", body)
		}
		dbErr = down
		ready(503, "not ready\n[-]db: no connection")
		a.Stop(app.Reason{Kind: app.Signalled, By: "SIGTERM"})
		ended(t, a)
		ready(503, "stopped: SIGTERM")
	})
}

func TestCheckThatHangsOrPanicsIsNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.AddCheck(app.Check{Name: "slow", Fn: func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }})
		a.AddCheck(app.Check{Name: "mad", Fn: func(context.Context) error { panic("ouch") }})
		started(t, a)
		code, body := probe(a.ReadyHandler(), "/readyz")
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
	if code, _ := probe(a.LiveHandler(), "/livez"); code != 503 {
		t.Errorf("got %d", code)
	}
}
