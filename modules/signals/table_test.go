//go:build unix

package signals

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

func nothing(context.Context, Event) error { return nil }

type madeUp struct{}

func (madeUp) String() string { return "made up" }
func (madeUp) Signal()        {}

func TestTableWith(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		changes []Row
		want    string   // the table
		errs    []string // or parts of the error
	}{
		{"defaults", nil, "SIGHUP → reload · SIGINT → stop · SIGUSR2 → upgrade · SIGPIPE → ignore · SIGTERM → stop", nil},
		{"a row replaced", []Row{{Signal: syscall.SIGHUP, Action: Upgrade}},
			"SIGHUP → upgrade · SIGINT → stop · SIGUSR2 → upgrade · SIGPIPE → ignore · SIGTERM → stop", nil},
		{"rows added", []Row{{Signal: syscall.SIGUSR1, Action: Do("reopen")}, {Signal: syscall.SIGQUIT, Action: StopNow}, {Signal: syscall.SIGWINCH, Action: Ignore}},
			"SIGHUP → reload · SIGINT → stop · SIGQUIT → stop now · SIGUSR1 → reopen · SIGUSR2 → upgrade · SIGPIPE → ignore · SIGTERM → stop · SIGWINCH → ignore", nil},
		{"hooks in the order of their names", []Row{
			{Signal: syscall.SIGHUP, After: []Hook{{"page", nothing}}},
			{Signal: syscall.SIGHUP, Before: []Hook{{"lint", nothing}}},
			{Signal: syscall.SIGHUP, Before: []Hook{{"ask", nothing}}},
			{Signal: syscall.SIGUSR2, Action: Func("dump", nothing)},
		}, "SIGHUP → ask → lint → reload → page · SIGINT → stop · SIGUSR2 → dump · SIGPIPE → ignore · SIGTERM → stop", nil},
		{"two actions for one signal", []Row{{Signal: syscall.SIGHUP, Action: Upgrade}, {Signal: syscall.SIGHUP, Action: Ignore}},
			"", []string{"SIGHUP was given 2 actions, ignore and upgrade: keep one signals.On"}},
		{"the same action twice", []Row{{Signal: os.Interrupt, Action: Stop}, {Signal: syscall.SIGINT, Action: Stop}},
			"", []string{"SIGINT was given 2 actions, stop and stop"}},
		{"nil signal", []Row{{Action: Stop}}, "", []string{"nil signal"}},
		{"nil action", []Row{{Signal: syscall.SIGHUP}}, "", []string{"SIGHUP was given a nil action: use signals.Ignore"}},
		{"number without a signal", []Row{{Signal: syscall.Signal(99), Action: Stop}}, "", []string{"unknown signal signal 99"}},
		{"another type of signal", []Row{{Signal: madeUp{}, Action: Stop}}, "", []string{"unknown signal made up"}},
		{"uncatchable", []Row{{Signal: syscall.SIGKILL, Action: Stop}, {Signal: syscall.SIGSTOP, Action: Stop}},
			"", []string{"SIGKILL cannot be caught", "SIGSTOP cannot be caught"}},
		{"of the runtime", []Row{{Signal: syscall.SIGURG, Action: Stop}}, "", []string{"SIGURG belongs to the Go runtime"}},
		{"hook without an action", []Row{{Signal: syscall.SIGUSR1, Before: []Hook{{"x", nothing}}}}, "", []string{"SIGUSR1 has hooks but no action"}},
		{"hook without a name", []Row{{Signal: syscall.SIGHUP, Before: []Hook{{"", nothing}}}}, "", []string{"SIGHUP: before hook without a name"}},
		{"hook without a function", []Row{{Signal: syscall.SIGHUP, After: []Hook{{"x", nil}}}}, "", []string{`SIGHUP: after hook "x" has no function`}},
		{"hook twice", []Row{{Signal: syscall.SIGHUP, Before: []Hook{{"x", nothing}}}, {Signal: syscall.SIGHUP, Before: []Hook{{"x", nothing}}}},
			"", []string{`SIGHUP: before hook "x" is given twice`}},
		{"empty command", []Row{{Signal: syscall.SIGHUP, Action: Do("")}}, "", []string{"SIGHUP: the command of Do is empty"}},
		{"nil function", []Row{{Signal: syscall.SIGHUP, Action: Func("x", nil)}}, "", []string{`SIGHUP: the function "x" is nil`}},
		{"function without a name", []Row{{Signal: syscall.SIGHUP, Action: Func("", nothing)}}, "", []string{"SIGHUP: a Func needs a name"}},
		{"everything wrong at once", []Row{{Signal: syscall.SIGKILL, Action: Stop}, {Signal: syscall.SIGHUP}, {Signal: syscall.SIGUSR1, Action: Do("")}},
			"", []string{"SIGKILL", "SIGHUP", "SIGUSR1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			table, err := Defaults().With(c.changes...)
			wantTable(t, table, err, c.want, c.errs)
		})
	}
}

// wantTable checks a table, and that err has each of the parts, or is nil if there
// are none.
func wantTable(t *testing.T, table Table, err error, want string, parts []string) {
	t.Helper()
	if got := table.String(); got != want {
		t.Errorf("table: got %s, want %s", got, want)
	}
	if (err != nil) != (len(parts) > 0) {
		t.Fatalf("error: got %v, want one: %v", err, len(parts) > 0)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error: got %v, want it to say %q", err, part)
		}
	}
}

func TestTableWithLeavesTheReceiverAlone(t *testing.T) {
	t.Parallel()
	base := Defaults()
	if _, err := base.With(Row{Signal: syscall.SIGHUP, Action: Ignore, Before: []Hook{{"x", nothing}}}); err != nil {
		t.Fatal(err)
	}
	if got, want := base.String(), Defaults().String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTwoRowsInALiteral(t *testing.T) {
	t.Parallel()
	_, err := Table{{Signal: syscall.SIGHUP, Action: Reload}, {Signal: syscall.SIGHUP, Action: Stop}}.With()
	if err == nil || !strings.Contains(err.Error(), "SIGHUP has two rows") {
		t.Errorf("got %v, want that SIGHUP has two rows", err)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		want os.Signal
		err  string
	}{
		{"SIGHUP", syscall.SIGHUP, ""},
		{"hup", syscall.SIGHUP, ""},
		{" Usr2 ", syscall.SIGUSR2, ""},
		{"sigterm", syscall.SIGTERM, ""},
		{"SIGHOP", nil, "did you mean SIGHUP?"},
		{"TERN", nil, "did you mean SIGTERM?"},
		{"SIGUSR3", nil, "did you mean SIGUSR"},
		{"", nil, "unknown signal"},
		{"reload", nil, `unknown signal "reload": names are`},
		{"15", nil, "unknown signal"},
	} {
		got, err := Parse(c.name)
		if got != c.want {
			t.Errorf("%q: got %v, want %v", c.name, got, c.want)
		}
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%q: got error %v, want %q", c.name, err, c.err)
		}
	}
}

func TestParseKnowsTheSignalsOfOtherSystems(t *testing.T) {
	t.Parallel()
	if _, err := Parse("SIGEMT"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v, want errors.ErrUnsupported", err)
	}
}
