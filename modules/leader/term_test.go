package leader

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// frozen returns a term whose timers never run, as in a process that was paused,
// and the function that moves its clock.
func frozen(t *testing.T, lease time.Duration) (*Term, func(monotonic, wall time.Duration)) {
	t.Helper()
	now := time.Now()
	term := NewTerm(now, lease)
	term.timer.Stop()
	term.Token = 7
	clock := now
	term.now = func() time.Time { return clock }
	return term, func(monotonic, wall time.Duration) {
		clock = now.Add(monotonic)
		if wall > monotonic {
			clock = now.Round(0).Add(wall) // no monotonic reading: the wall clock alone counts
		}
	}
}

func TestAPausedProcessSeesTheEndAtOnce(t *testing.T) {
	for _, c := range []struct {
		name            string
		monotonic, wall time.Duration
		over            bool
	}{
		{"just before", 9999 * time.Millisecond, 0, false},
		{"two thirds of the lease", 10 * time.Second, 0, true},
		{"later", time.Hour, time.Hour, true},
		{"the machine slept", time.Second, time.Hour, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for how, look := range map[string]func(context.Context) bool{
				"Err":   func(ctx context.Context) bool { return ctx.Err() != nil },
				"Token": func(ctx context.Context) bool { _, err := Token(ctx); return errors.Is(err, ErrLost) },
				"Done": func(ctx context.Context) bool {
					select {
					case <-ctx.Done():
						return true
					default:
						return false
					}
				},
			} {
				term, pass := frozen(t, 15*time.Second)
				ctx := term.Context(t.Context())
				pass(c.monotonic, c.wall)
				if got := look(ctx); got != c.over {
					t.Errorf("%s: got over %v, want %v", how, got, c.over)
				}
				if got := errors.Is(context.Cause(ctx), ErrLost); got != c.over {
					t.Errorf("%s: got the cause %v", how, context.Cause(ctx))
				}
			}
		})
	}
}

func TestATermThatIsOverIsNotRenewed(t *testing.T) {
	term, pass := frozen(t, 15*time.Second)
	ctx := term.Context(t.Context())
	pass(11*time.Second, 0)
	term.Renewed(term.now()) // the store had no other candidate
	if ctx.Err() == nil {
		t.Error("a term has come back to life: its task may have seen the end")
	}
}

func TestATermLastsAsLongAsItIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		term := NewTerm(began, 15*time.Second)
		ctx := term.Context(t.Context())
		derived, cancel := context.WithCancel(ctx)
		defer cancel()
		for range 5 {
			time.Sleep(8 * time.Second)
			if err := errors.Join(ctx.Err(), term.Err()); err != nil {
				t.Fatal(err)
			}
			term.Renewed(time.Now().Add(-time.Second)) // its answer took a second
			term.Renewed(began)                        // a late answer shortens nothing
		}
		last := time.Now().Add(-time.Second)
		<-derived.Done()
		if got := time.Since(last); got != 10*time.Second {
			t.Errorf("it ended %v after the last renewal was sent, want 10s", got)
		}
		if !errors.Is(context.Cause(derived), ErrLost) {
			t.Errorf("got the cause %v", context.Cause(derived))
		}
	})
}

func TestTokenNeedsTheContextOfATask(t *testing.T) {
	if _, err := Token(t.Context()); err == nil || errors.Is(err, ErrLost) {
		t.Errorf("got %v, want that no task has this context", err)
	}
}
