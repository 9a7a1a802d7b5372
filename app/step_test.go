package app_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gracefulfx/graceful/app"
)

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
		if s := outcome(t, ended(t, a), "down", "stuck"); !strings.Contains(s.Stack, "step_test.go") {
			t.Errorf("stack %q", s.Stack)
		}
	})
}
