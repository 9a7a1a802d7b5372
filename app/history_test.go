package app_test

import (
	"context"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func TestRunningNamesWhatTheStopWaitsFor(t *testing.T) {
	t.Parallel()
	a := app.New("test")
	began, end := make(chan struct{}), make(chan struct{})
	a.At(app.Drain, "http", func(context.Context) error { close(began); <-end; return nil })
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := a.Wiring().RunningHooks(); len(got) != 0 || !a.StopDeadline().IsZero() || !a.RequestDeadline().IsZero() {
		t.Errorf("when ready: got %v, deadline %v; want nothing", got, a.StopDeadline())
	}
	a.Stop(app.Reason{By: "test"})
	<-began
	got := a.Wiring().RunningHooks()
	if len(got) != 1 || got[0].Phase != app.Drain || got[0].Name != "http" || got[0].Began.IsZero() {
		t.Errorf("got %+v, want http in drain", got)
	}
	if a.StopDeadline().IsZero() {
		t.Error("no deadline while stopping")
	}
	if ok, text := a.Wiring().Readiness(t.Context()); ok || text == "" {
		t.Errorf("readiness: got %v %q, want false and why", ok, text)
	}
	close(end)
	<-a.Done()
}

func TestMetricsOfAPartThatPanicsAreNone(t *testing.T) {
	t.Parallel()
	a := app.New("test")
	a.Wiring().AddMetrics(func() []app.Metric { panic("a bug") })
	a.Wiring().AddMetrics(func() []app.Metric { return []app.Metric{{Name: "x", Value: 1}} })
	if got := a.Wiring().Metrics(); len(got) != 1 || got[0].Name != "x" {
		t.Errorf("got %v, want x", got)
	}
}
