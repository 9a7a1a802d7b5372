package app_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/gracefulfx/graceful/app"
)

func TestLogThatIsNotReadDoesNotHoldTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		unblock := make(chan struct{})
		defer close(unblock)
		a.Observe(func(e app.Event) {
			if _, ok := e.(app.StopRequested); ok {
				<-unblock
			}
		})
		a.Add(app.Hook{Name: "db", OnStop: func(context.Context) error { return nil }})
		started(t, a)
		a.Stop(app.Reason{})
		if r := ended(t, a); r.State != app.StateStopped {
			t.Errorf("%v", r)
		}
	})
}

func TestObserverThatExitsItsGoroutineDoesNotEndThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		last := false
		a.Observe(func(e app.Event) {
			if s, ok := e.(app.StateChanged); ok && s.To == app.StateStopping {
				runtime.Goexit()
			}
		})
		a.Observe(func(e app.Event) { _, last = e.(app.Ended) })
		started(t, a)
		a.Stop(app.Reason{})
		ended(t, a)
		if !last {
			t.Error("events after it were lost")
		}
	})
}
