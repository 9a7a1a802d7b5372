package app_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gracefulfx/graceful/app"
)

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
