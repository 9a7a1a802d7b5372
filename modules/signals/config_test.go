//go:build unix

package signals

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func TestRowsOfAFile(t *testing.T) {
	t.Parallel()
	base, err := Defaults().With(Row{Signal: syscall.SIGUSR1, Action: StopNow}, Row{Signal: syscall.SIGHUP, Before: []Hook{{"lint", nothing}}})
	if err != nil {
		t.Fatal(err)
	}
	handles := func(c app.Command) error {
		if c == app.Reload || c == app.Upgrade {
			return nil
		}
		return fmt.Errorf("%s: %w; known here: reload, upgrade", c, app.ErrUnhandled)
	}
	for _, c := range []struct {
		name string
		file Config
		want string   // the table
		errs []string // or parts of the error
	}{
		{"nothing", nil, base.String(), nil},
		{"a row replaced keeps its hooks", Config{"SIGHUP": "upgrade"},
			"SIGHUP → lint → upgrade · SIGINT → stop · SIGUSR1 → stop now · SIGUSR2 → upgrade · SIGPIPE → ignore · SIGTERM → stop", nil},
		{"as operators write them", Config{"usr2": "none", "winch": "reload"},
			"SIGHUP → lint → reload · SIGINT → stop · SIGUSR1 → stop now · SIGUSR2 → ignore · SIGPIPE → ignore · SIGTERM → stop · SIGWINCH → reload", nil},
		{"stop signals", Config{"SIGTERM": "none", "SIGINT": "reload"}, "", []string{
			"SIGTERM: stops the process, and no file can change that: use signals.On", "SIGINT: stops the process"}},
		{"not even to what it does anyway", Config{"SIGTERM": "stop"}, "", []string{"SIGTERM: stops the process"}},
		{"a stop of the program's own", Config{"SIGUSR1": "reload"}, "", []string{`SIGUSR1: is given to "stop now" by the program`}},
		{"a stop from a file", Config{"SIGUSR2": "stop", "SIGHUP": "stop now"}, "", []string{
			"SIGUSR2: a file cannot make a signal stop the process", "SIGHUP: a file cannot make"}},
		{"the last resort", Config{"SIGQUIT": "none", "ABRT": "none"}, "", []string{
			"SIGQUIT: ends the process with the stacks of all goroutines", "ABRT: ends the process"}},
		{"pipes", Config{"SIGPIPE": "none"}, "", []string{"SIGPIPE: is how a write to a closed pipe fails"}},
		{"uncatchable", Config{"SIGKILL": "none"}, "", []string{"SIGKILL cannot be caught by any process"}},
		{"of the runtime", Config{"SIGURG": "none"}, "", []string{"SIGURG belongs to the Go runtime"}},
		{"unknown signal", Config{"SIGUSR3": "none"}, "", []string{`SIGUSR3: unknown signal "SIGUSR3": did you mean SIGUSR`}},
		{"twice", Config{"SIGUSR2": "none", "usr2": "reload"}, "", []string{"usr2: is the same signal as SIGUSR2: keep one"}},
		{"no action", Config{"SIGUSR2": "", "SIGHUP": "ignore"}, "", []string{
			`SIGUSR2: "" is not an action: write none to do nothing, or a command such as reload`, `SIGHUP: "ignore" is not an action`}},
		{"command without a handler", Config{"SIGUSR2": "relaod"}, "", []string{"SIGUSR2: relaod: no module handles this command; known here: reload, upgrade"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			table, err := c.file.overlay(base, handles)
			wantTable(t, table, err, c.want, c.errs)
		})
	}
}

func TestRowsOfAFileForAnotherSystem(t *testing.T) {
	t.Parallel()
	if err := (Config{"SIGEMT": "none"}).Validate(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v, want errors.ErrUnsupported", err)
	}
}
