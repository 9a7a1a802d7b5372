package systemd

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestParseWatchdog(t *testing.T) {
	self, another := strconv.Itoa(os.Getpid()), strconv.Itoa(os.Getpid()+1)
	for _, test := range []struct {
		name, usec, pid string
		standby         bool
		want            time.Duration
		bad             bool
	}{
		{name: "none"},
		{name: "for us", usec: "30000000", pid: self, want: 30 * time.Second},
		{name: "for any process", usec: "30000000", want: 30 * time.Second},
		{name: "for another", usec: "30000000", pid: another},
		{name: "for the predecessor", usec: "30000000", pid: another, standby: true, want: 30 * time.Second},
		{name: "zero", usec: "0", bad: true},
		{name: "negative", usec: "-1", bad: true},
		{name: "no number", usec: "30s", bad: true},
		{name: "too long", usec: "18446744073709551615", bad: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseWatchdog(environment(watchdogUsec, test.usec, watchdogPID, test.pid), test.standby)
			if got != test.want || (err != nil) != test.bad {
				t.Errorf("got %v, %v, want %v, an error: %v", got, err, test.want, test.bad)
			}
		})
	}
}

// fed returns how often m has received WATCHDOG=1.
func fed(m *manager) int { return len(with(m.notices(), "WATCHDOG=1")) }

func TestWatchdogIsFedTwiceInItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{Env: environment(watchdogUsec, "10000000")})
		start(t, a)
		time.Sleep(time.Minute + time.Second)
		if got := fed(m); got != 12 {
			t.Errorf("got %d in a minute, want 12", got)
		}
		stop(t, a, sigterm)
		time.Sleep(time.Minute)
		if got := fed(m); got != 0 {
			t.Errorf("fed %d times after the end", got)
		}
	})
}

func TestSuccessorFeedsTheWatchdogOfItsPredecessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		a := followed(m, Config{Env: environment(watchdogUsec, "10000000", watchdogPID, "1")})
		a.Wiring().SetGeneration(2, make(chan struct{}))
		start(t, a)
		time.Sleep(time.Minute + time.Second)
		if got := fed(m); got != 12 {
			t.Errorf("got %d in a minute, want 12", got)
		}
		stop(t, a, sigterm)
	})
}

func TestWatchdogIsNotFedWhenTheProgramSaysItIsDead(t *testing.T) {
	healthy := Liveness(func(context.Context) error { return nil })
	for name, dead := range map[string]Liveness{
		"error": func(context.Context) error { return errors.New("worker is stuck") },
		"hangs": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"panic": func(context.Context) error { panic("in Alive") },
		"exits": func(context.Context) error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var alive atomic.Pointer[Liveness]
				m := newManager()
				a := followed(m, Config{
					Env:   environment(watchdogUsec, "10000000"),
					Alive: func(ctx context.Context) error { return (*alive.Load())(ctx) },
				})
				w := warningsOf(a)
				alive.Store(&dead)
				start(t, a)
				time.Sleep(time.Minute)
				if got := fed(m); got != 0 {
					t.Errorf("fed %d times", got)
				}
				if got := w.all(); len(got) != 1 {
					t.Errorf("got %q, want one line for all of the illness", got)
				}
				alive.Store(&healthy)
				time.Sleep(time.Minute)
				if got := fed(m); got < 10 {
					t.Errorf("fed %d times in a minute of health", got)
				}
				stop(t, a, sigterm)
			})
		})
	}
}

// A plan ends within its budget. A watchdog is for one that does not.
func TestWatchdogIsNotFedWhenThePlanHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager()
		budget := 20 * time.Second
		a := followed(m, Config{Env: environment(watchdogUsec, "2000000"), Stop: func() time.Duration { return budget }})
		a.Wiring().Configure(app.DefaultStart, func() app.StopConfig { return app.StopConfig{Timeout: 2 * time.Minute} }) // the stop has exceeded it
		a.Add(app.Hook{Name: "hangs", OnStop: func(ctx context.Context) error { <-ctx.Done(); return nil }})
		start(t, a)
		m.notices()
		stop(t, a, sigterm)
		if got := fed(m); got < 19 || got > 22 {
			t.Errorf("fed %d times, want it for the %v of the budget only", got, budget)
		}
	})
}

func TestBadWatchdogIsAWarning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := followed(newManager(), Config{Env: environment(watchdogUsec, "soon")})
		w := warningsOf(a)
		start(t, a)
		if got := w.all(); len(got) != 1 {
			t.Errorf("got %q, want one warning", got)
		}
		stop(t, a, sigterm)
	})
}
