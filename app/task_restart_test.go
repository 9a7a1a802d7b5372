package app_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestRestartStormIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		var runs atomic.Int32
		var pauses []time.Duration
		a.Observe(func(e app.Event) {
			if e, ok := e.(app.TaskEnded); ok {
				pauses = append(pauses, e.RestartIn)
			}
		})
		a.Go("flaky", func(context.Context) error { runs.Add(1); return errors.New("again") },
			app.Restart(app.Backoff{Threshold: 3, Decay: time.Minute, Pause: 10 * time.Second}))
		started(t, a)
		time.Sleep(time.Minute)
		n := runs.Load()
		a.Stop(app.Reason{})
		ended(t, a)
		// Three at once, then one every 8 to 12 seconds.
		if n < 3+5 || n > 4+8 {
			t.Errorf("%d runs in a minute", n)
		}
		for i, p := range pauses {
			if paused := p >= 8*time.Second && p <= 12*time.Second; paused != (i >= 3) && i < 5 {
				t.Errorf("pause %d is %v", i, p)
			}
		}
	})
}

func TestRestartedTaskRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		runs := 0
		a.Go("flaky", func(ctx context.Context) error {
			if runs++; runs < 3 {
				panic("not yet")
			}
			<-ctx.Done()
			return nil
		}, app.Restart(app.Backoff{}))
		started(t, a)
		synctest.Wait()
		a.Stop(app.Reason{})
		if r := ended(t, a); runs != 3 || r.Code != 0 {
			t.Errorf("%d runs, code %d", runs, r.Code)
		}
	})
}
