package config

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// The watch waits until commands are answered. A stop that comes earlier must not
// wait for the watch.
func TestWatchThatHasNotBegunHoldsNoStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		c := &commands{app: a}
		a.Go("config watch", c.watch, app.StopIn(app.Unbind))
		broken := errors.New("broken")
		a.Add(app.Hook{Name: "late", StartIn: app.Serve, OnStart: func(context.Context) error {
			synctest.Wait() // the watch waits
			return broken
		}})
		began := time.Now()
		if err := a.Start(t.Context()); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
		<-a.Done()
		if took := time.Since(began); took > time.Second {
			t.Errorf("the rollback took %v", took)
		}
	})
}
