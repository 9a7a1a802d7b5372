//go:build unix

package signals

import (
	"context"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestTrapWhileBuilding(t *testing.T) {
	for _, c := range []struct {
		name  string
		send  []os.Signal
		exits []int
		said  string
	}{
		{"nothing", nil, nil, ""},
		{"one", []os.Signal{syscall.SIGTERM}, nil, "graceful: SIGTERM: stopping as soon as the application is built; again to exit at once\n"},
		{"two", []os.Signal{syscall.SIGINT, syscall.SIGTERM}, []int{143}, "exiting at once with code 143"},
		{"hangups are nothing to die of", []os.Signal{syscall.SIGHUP, syscall.SIGHUP, syscall.SIGUSR2, syscall.SIGHUP}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRig()
				trap := NewTrap(r.env)
				for _, sig := range c.send {
					if !r.Send(sig) {
						t.Errorf("%v is not caught", sig)
					}
					time.Sleep(sameWish) // of the bubble
				}
				synctest.Wait()
				trap.Close()
				trap.Close()
				if got := r.exits(); !slices.Equal(got, c.exits) {
					t.Errorf("exit codes: got %v, want %v", got, c.exits)
				}
				if got := r.said(); !strings.Contains(got, c.said) || c.said == "" && got != "" {
					t.Errorf("stderr: got %q, want %q", got, c.said)
				}
				if got := r.Caught(); !slices.Equal(got, []os.Signal{syscall.SIGPIPE}) {
					t.Errorf("closed: got %v, want SIGPIPE alone", got)
				}
			})
		})
	}
}

func TestStopSignalWhileBuildingEndsTheStartAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		trap := NewTrap(r.env)
		defer trap.Close()
		r.Send(syscall.SIGHUP)
		r.Send(syscall.SIGTERM)
		synctest.Wait()

		Join(r.app, Defaults(), trap, r.env)
		r.app.At(app.Bind, "late", func(context.Context) error {
			t.Error("the start went on")
			return nil
		})
		if err := r.app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		report := r.end(t)
		if report.Reason.Signal != syscall.SIGTERM || report.State != app.StateStopped {
			t.Errorf("got %v, %v, want stopped by SIGTERM", report.State, report.Reason)
		}
		if got := r.answers(); len(got) != 1 || got[0].Outcome != app.OutcomeRefused {
			t.Errorf("answers: got %+v, want the reload refused", got)
		}
	})
}

func TestTrapCountsOnFromTheStartAndAfterTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		trap := NewTrap(r.env)
		Join(r.app, Defaults(), trap, r.env)
		if err := r.app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.Send(syscall.SIGTERM)
		r.end(t)
		for i, want := range [][]int{nil, {143}} {
			time.Sleep(sameWish)   // of the bubble
			r.Send(syscall.SIGHUP) // must not kill the process either
			r.Send(syscall.SIGTERM)
			synctest.Wait()
			if got := r.exits(); !slices.Equal(got, want) {
				t.Errorf("signal %d: got %v, want %v", i+2, got, want)
			}
		}
		trap.Close()
	})
}

func TestTrapServesOneApplication(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		trap := NewTrap(r.env)
		Join(r.app, Defaults(), trap, r.env)
		if err := r.app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"belongs to another application", "belongs to another application", "closed"} {
			other := app.New("other")
			Join(other, Defaults(), trap, r.env)
			if err := other.Start(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want that the trap %s", err, want)
			}
			if r.app.State() == app.StateReady {
				r.end(t)
			} else {
				trap.Close()
			}
		}
	})
}

func TestHangupIgnoredByTheParentStaysIgnoredByATrap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		r.IgnoreFromParent(syscall.SIGHUP)
		trap := NewTrap(r.env)
		defer trap.Close()
		Join(r.app, Defaults(), trap, r.env)
		if err := r.app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := r.Caught(), []os.Signal{syscall.SIGINT, syscall.SIGUSR2, syscall.SIGPIPE, syscall.SIGTERM}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		r.end(t)
	})
}

// The reader of standard error has stopped reading.
func TestThirdSignalExitsThoughStderrBlocks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		unblock := make(chan struct{})
		r.env.Stderr = writerFunc(func(b []byte) (int, error) { <-unblock; return len(b), nil })
		trap := NewTrap(r.env)
		r.Send(syscall.SIGTERM)
		time.Sleep(sameWish) // of the bubble
		r.Send(syscall.SIGTERM)
		time.Sleep(3 * patience) // of the bubble
		if got, want := r.exits(), []int{143}; !slices.Equal(got, want) {
			t.Errorf("exit codes: got %v, want %v", got, want)
		}
		close(unblock)
		trap.Close()
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
