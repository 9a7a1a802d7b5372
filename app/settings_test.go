package app_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestSettingsMayCallTheApp(t *testing.T) {
	a := app.New("test")
	a.Wiring().Configure(func() app.StartConfig { _ = a.State(); return app.DefaultStart() },
		func() app.StopConfig { _ = a.Reason(); return app.DefaultStop() })
	a.Wiring().Configure(nil, nil)
	started(t, a)
	a.Stop(app.Reason{})
	ended(t, a)
}

func TestPhasesThatCannotFitAreReportedAtTheStart(t *testing.T) {
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
