//go:build unix

package signals

import (
	"context"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
)

// The row of SIGPIPE decides what the signal does: by default nothing, since a
// broken connection raises it as well.
func TestRowOfSIGPIPE(t *testing.T) {
	for name, c := range map[string]struct {
		action func(called *int) Action
		caught bool
		calls  int
	}{
		"ignore":  {func(*int) Action { return Ignore }, true, 0},
		"default": {func(*int) Action { return Default }, false, 0},
		"function": {func(called *int) Action {
			return Func("count", func(context.Context, Event) error { *called++; return nil })
		}, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, called := newRig(), 0
				r.start(t, Row{Signal: syscall.SIGPIPE, Action: c.action(&called)})
				if got := slices.Contains(r.Caught(), os.Signal(syscall.SIGPIPE)); got != c.caught {
					t.Errorf("caught: got %v, want %v", got, c.caught)
				}
				r.Send(syscall.SIGPIPE)
				synctest.Wait()
				if called != c.calls {
					t.Errorf("called %d times, want %d", called, c.calls)
				}
				r.end(t)
			})
		})
	}
	if _, err := Defaults().With(Row{Signal: syscall.SIGHUP, Action: Default}); err == nil {
		t.Error("the action Default was accepted for SIGHUP")
	}
}

// A child that the application starts dies of SIGPIPE as it always would.
func TestProcessChildHasTheDefaultOfSIGPIPE(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "pipes")
	p.await("child signal: broken pipe")
	p.send(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// A program that leaves SIGPIPE to the system dies of it, as before.
func TestProcessWithTheSystemsWayOfSIGPIPE(t *testing.T) {
	t.Parallel()
	p := startProcess(t, "dies")
	p.await("state ready")
	p.closeOutput()
	p.send(syscall.SIGHUP) // it prints
	_ = p.cmd.Wait()
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGPIPE {
		t.Errorf("got %v, want an end by SIGPIPE", p.cmd.ProcessState)
	}
}
