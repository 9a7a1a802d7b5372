//go:build unix

package signals

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestHooksOfAReload(t *testing.T) {
	no := errors.New("no")
	for _, c := range []struct {
		name   string
		before func(context.Context, Event) error
		after  func(context.Context, Event) error
		runs   int
		notes  []string
	}{
		{"both content", nothing, nothing, 1, nil},
		{"before vetoes", func(context.Context, Event) error { return no }, nothing, 0, []string{`reload refused: vetoed by "b": no`}},
		{"before panics", func(context.Context, Event) error { panic(no) }, nothing, 0, []string{`reload refused: vetoed by "b": panic: no`}},
		{"after fails", nothing, func(context.Context, Event) error { return no }, 1, []string{"hook after signal failed: no"}},
		{"after panics", nothing, func(context.Context, Event) error { panic("x") }, 1, []string{"hook after signal failed: panic: x"}},
		{"after sees the answer", nothing, func(_ context.Context, e Event) error { return errors.New(e.Answer.Text + " " + e.Answer.By) }, 1,
			[]string{"hook after signal failed: done SIGHUP"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, b := newRig(), newBlocker()
				close(b.release)
				r.app.Handle(app.Reload, b.handle)
				r.start(t, Row{Signal: syscall.SIGHUP, Before: []Hook{{"b", c.before}}, After: []Hook{{"a", c.after}}})
				r.Send(syscall.SIGHUP)
				synctest.Wait()
				r.end(t)
				if b.runs != c.runs {
					t.Errorf("reloads: got %d, want %d", b.runs, c.runs)
				}
				if got := r.notes(); !slices.Equal(got, c.notes) {
					t.Errorf("notes: got %q, want %q", got, c.notes)
				}
			})
		})
	}
}

func TestHooksBeforeAStopCannotKeepItFromHappening(t *testing.T) {
	hang := func(ctx context.Context, _ Event) error { <-ctx.Done(); return nil }
	for _, c := range []struct {
		name   string
		before func(context.Context, Event) error
		again  bool // a second signal comes
		took   time.Duration
		notes  []string
	}{
		{"content", nothing, false, 0, nil},
		{"error", func(context.Context, Event) error { return errors.New("no") }, false, 0, []string{"hook before stop failed, stopping all the same: no"}},
		{"panic", func(context.Context, Event) error { panic("x") }, false, 0, []string{"hook before stop failed, stopping all the same: panic: x"}},
		{"hanging", hang, false, patience, nil},
		{"hanging, second signal", hang, true, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := newRig()
				after := make(chan Event, 1)
				r.start(t, Row{Signal: syscall.SIGTERM, Before: []Hook{{"b", c.before}},
					After: []Hook{{"a", func(_ context.Context, e Event) error { after <- e; return nil }}}})
				begun := time.Now()
				r.Send(syscall.SIGTERM)
				if c.again {
					synctest.Wait()
					r.Send(syscall.SIGINT)
				}
				<-r.app.Done()
				report := r.end(t)
				if got := report.Reason.At.Sub(begun); got != 0 {
					t.Errorf("reason is %v after the signal, want 0", got)
				}
				if got := report.Reason.Signal; got != syscall.SIGTERM {
					t.Errorf("reason: got %v, want SIGTERM", got)
				}
				if got := time.Since(begun); got != c.took {
					t.Errorf("took: got %v, want %v", got, c.took)
				}
				for _, want := range c.notes {
					if !slices.Contains(r.notes(), want) {
						t.Errorf("notes: got %q, want %q", r.notes(), want)
					}
				}
				if e := <-after; e.Signal != syscall.SIGTERM {
					t.Errorf("after: got %+v, want SIGTERM", e)
				}
			})
		})
	}
}

func TestHookThatNeverReturnsIsNamed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r, release := newRig(), make(chan struct{})
		r.start(t, Row{Signal: syscall.SIGUSR1, Action: Func("dump", func(context.Context, Event) error { <-release; return nil })})
		r.Send(syscall.SIGUSR1)
		synctest.Wait()
		r.app.Stop(app.Reason{By: "test"})
		_, err := r.app.Wait(t.Context())
		if err == nil || !strings.Contains(err.Error(), `still running: action "dump" of SIGUSR1`) {
			t.Errorf("got %v, want the name of what still runs", err)
		}
		close(release)
	})
}

func TestFunc(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		r.start(t, Row{Signal: syscall.SIGUSR1, Action: Func("dump", func(_ context.Context, e Event) error {
			panic(app.SignalName(e.Signal))
		})})
		r.Send(syscall.SIGUSR1)
		synctest.Wait()
		r.end(t)
		if got, want := r.notes(), []string{"signal action failed: panic: SIGUSR1"}; !slices.Equal(got, want) {
			t.Errorf("notes: got %q, want %q", got, want)
		}
	})
}
