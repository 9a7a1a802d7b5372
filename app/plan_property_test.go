package app_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// The invariant of the plan, for any hooks and any signals at any time: what has
// started is stopped exactly once, in order, or is named in the report; and the
// stop ends within its budget.
func TestPlanInvariant(t *testing.T) {
	for seed := range uint64(300) {
		checkPlan(t, seed)
	}
}

func FuzzPlan(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed)
	}
	f.Fuzz(checkPlan)
}

// behave returns a function that does one of the things hooks do.
func behave(rnd *rand.Rand, release <-chan struct{}) func(context.Context) error {
	d := time.Duration(rnd.Int64N(int64(20 * time.Second)))
	switch rnd.IntN(12) {
	case 0:
		return func(context.Context) error { return errors.New("failed") }
	case 1:
		return func(context.Context) error { panic("panicked") }
	case 2:
		return func(context.Context) error { runtime.Goexit(); return nil }
	case 3:
		return func(context.Context) error { <-release; return nil }
	case 4:
		return func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	case 5, 6:
		return func(context.Context) error { time.Sleep(d); return nil } // of the bubble
	default:
		return func(context.Context) error { return nil }
	}
}

func checkPlan(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		release := make(chan struct{})
		defer func() {
			close(release)
			time.Sleep(time.Hour) // of the bubble: abandoned hooks come to their end
		}()
		ups := []app.Phase{app.Observability, app.Bind, app.Resources, app.Tasks, app.Serve}
		downs := []app.Phase{app.Announce, app.LameDuck, app.Unbind, app.Drain, app.Tasks, app.Resources, app.Final}

		a := app.New("test")
		conf := app.StopConfig{Timeout: time.Duration(1 + rnd.Int64N(int64(40*time.Second))), LameDuck: time.Duration(rnd.Int64N(int64(10 * time.Second)))}
		a.Wiring().Configure(app.DefaultStart, func() app.StopConfig { return conf })
		type part struct {
			hook    app.Hook
			started atomic.Bool
			stops   atomic.Int32
		}
		parts := make([]*part, rnd.IntN(12))
		for i := range parts {
			up, down := behave(rnd, release), behave(rnd, release)
			if rnd.IntN(3) > 0 { // most starts succeed, or few lives would get far
				up = func(context.Context) error { return nil }
			}
			p := &part{}
			p.hook = app.Hook{Name: string(rune('a' + i)), StartIn: ups[rnd.IntN(len(ups))], StopIn: downs[rnd.IntN(len(downs))],
				OnStart: func(ctx context.Context) error {
					if err := up(ctx); err != nil {
						return err
					}
					p.started.Store(true)
					return nil
				},
				OnStop: func(ctx context.Context) error { p.stops.Add(1); return down(ctx) }}
			parts[i] = p
			a.Add(p.hook)
		}
		for range 1 + rnd.IntN(4) { // signals, at any time
			at := time.Duration(rnd.Int64N(int64(60 * time.Second)))
			hurry := rnd.IntN(3) == 0
			go func() {
				select {
				case <-time.After(at):
				case <-a.Done():
				}
				if r := (app.Reason{Kind: app.Signalled, By: "signal"}); hurry {
					a.Hurry(r)
				} else {
					a.Stop(r)
				}
			}()
		}
		_ = a.Start(t.Context())
		r := ended(t, a)

		if r.Down > conf.Timeout {
			t.Errorf("seed %d: the stop took %v of %v", seed, r.Down, conf.Timeout)
		}
		index := map[string]int{}
		var last app.Step
		for i, s := range r.Steps {
			if s.Way != "down" {
				continue
			}
			if _, twice := index[s.Name]; twice {
				t.Errorf("seed %d: %s was stopped twice", seed, s.Name)
			}
			index[s.Name] = i
			if last.Phase > s.Phase {
				t.Errorf("seed %d: %s in %v came after %v", seed, s.Name, s.Phase, last.Phase)
			}
			last = s
		}
		abandoned := map[string]bool{}
		for _, s := range r.Steps {
			if s.Way == "up" && s.Outcome == app.OutcomeAbandoned {
				abandoned[s.Name] = true
			}
		}
		for _, p := range parts {
			_, stopped := index[p.hook.Name]
			skipped := p.hook.StopIn == app.Announce || p.hook.StopIn == app.LameDuck
			switch {
			case p.stops.Load() > 1:
				t.Errorf("seed %d: %s was called %d times", seed, p.hook.Name, p.stops.Load())
			case !p.started.Load() && stopped:
				t.Errorf("seed %d: %s was stopped but never started", seed, p.hook.Name)
			case p.started.Load() && !stopped && !skipped && !abandoned[p.hook.Name]:
				t.Errorf("seed %d: %s was started and never stopped", seed, p.hook.Name)
			}
		}
		inReverse(t, seed, r)
	})
}

// inReverse checks that members of Resources stop in the reverse order of
// their start.
func inReverse(t *testing.T, seed uint64, r app.Report) {
	begun := map[string]int{}
	for i, s := range r.Steps {
		if s.Way == "up" && s.Phase == app.Resources {
			begun[s.Name] = i
		}
	}
	last := len(r.Steps)
	for _, s := range r.Steps {
		i, ok := begun[s.Name]
		if s.Way != "down" || s.Phase != app.Resources || !ok {
			continue
		}
		if i > last {
			t.Errorf("seed %d: %s stopped out of order", seed, s.Name)
		}
		last = i
	}
}
