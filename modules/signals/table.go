package signals

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/app"
)

// Table says which signal does what. It is a value: print it, compare it, derive
// another one by With.
type Table []Row

// Row is one line of the table.
type Row struct {
	Signal os.Signal
	Action Action
	// Before run one by one, by name, before the action. The first error vetoes the
	// action. Nothing vetoes a stop: there an error is a warning, and the hooks
	// have one second together. Work that a stop must wait for belongs in the phase
	// Announce.
	Before []Hook
	// After run one by one, by name, when the action is over; for a stop, when it
	// has begun. Their errors are warnings.
	After []Hook
}

// Hook is a function around an action.
type Hook struct {
	Name string
	Fn   HookFunc
}

// HookFunc is a function of the application that a signal calls. Its ctx ends with
// the phase Final of a stop, or earlier where its time is limited. A panic in it
// counts as an error.
type HookFunc func(ctx context.Context, e Event) error

// Defaults returns the table of the package comment.
func Defaults() Table { return defaults() }

// With returns a copy of the table with the changes applied. A change with an
// Action replaces the action of its signal, or adds a row; its hooks join those of
// the row. The order of the changes does not matter, so two actions for one signal
// are an error. So are signals that do not exist or cannot be caught, and hooks of
// a signal without an action; all errors are reported at once.
func (t Table) With(changes ...Row) (Table, error) {
	var errs []error
	given := map[os.Signal][]string{}
	next := slices.Clone(t)
	for _, c := range changes {
		if err := checkSignal(c.Signal); err != nil {
			errs = append(errs, err)
			continue
		}
		if c.Action == nil && len(c.Before)+len(c.After) == 0 {
			errs = append(errs, fmt.Errorf("%s was given a nil action: use signals.Ignore if it should do nothing", app.SignalName(c.Signal)))
			continue
		}
		i := next.find(c.Signal)
		if i < 0 {
			i = len(next)
			next = append(next, Row{Signal: c.Signal})
		}
		row := &next[i]
		if c.Action != nil {
			row.Action = c.Action
			given[c.Signal] = append(given[c.Signal], c.Action.String())
		}
		row.Before = byName(row.Before, c.Before)
		row.After = byName(row.After, c.After)
	}
	for sig, actions := range given {
		if len(actions) > 1 {
			slices.Sort(actions)
			errs = append(errs, fmt.Errorf("%s was given %d actions, %s: keep one signals.On", app.SignalName(sig), len(actions), strings.Join(actions, " and ")))
		}
	}
	slices.SortFunc(next, func(a, b Row) int { return cmp.Compare(numberOf(a.Signal), numberOf(b.Signal)) })
	errs = append(errs, next.problems()...)
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	if len(errs) > 0 {
		return nil, fmt.Errorf("signal table: %w", errors.Join(errs...))
	}
	return next, nil
}

// String returns the table in one line: "SIGHUP → reload · SIGTERM → stop".
func (t Table) String() string {
	lines := make([]string, len(t))
	for i, r := range t {
		lines[i] = r.String()
	}
	return strings.Join(lines, " · ")
}

// String returns the row with the names of its hooks, in the order in which they
// run.
func (r Row) String() string {
	s := app.SignalName(r.Signal)
	for _, h := range r.Before {
		s += " → " + h.Name
	}
	s += fmt.Sprintf(" → %v", r.Action)
	for _, h := range r.After {
		s += " → " + h.Name
	}
	return s
}

// problems returns the errors of each row, and of signals with two rows.
func (t Table) problems() (errs []error) {
	for i, r := range t {
		if err := checkSignal(r.Signal); err != nil {
			errs = append(errs, err)
			continue
		}
		name := app.SignalName(r.Signal)
		if t.find(r.Signal) != i {
			errs = append(errs, fmt.Errorf("%s has two rows", name))
		}
		if r.Action == nil {
			errs = append(errs, fmt.Errorf("%s has hooks but no action: add one with signals.On", name))
		} else if err := r.Action.validate(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		} else if r.Action == Default && r.Signal != brokenPipe {
			errs = append(errs, fmt.Errorf("%s: the action Default is for SIGPIPE alone: use Ignore, or leave the signal out of the table", name))
		}
		errs = append(errs, checkHooks(name+": before hook", r.Before)...)
		errs = append(errs, checkHooks(name+": after hook", r.After)...)
	}
	return errs
}

func checkHooks(what string, hooks []Hook) (errs []error) {
	for i, h := range hooks {
		switch {
		case h.Name == "":
			errs = append(errs, fmt.Errorf("%s without a name: the order and the log need one", what))
		case h.Fn == nil:
			errs = append(errs, fmt.Errorf("%s %q has no function", what, h.Name))
		case i > 0 && hooks[i-1].Name == h.Name:
			errs = append(errs, fmt.Errorf("%s %q is given twice: the names decide the order", what, h.Name))
		}
	}
	return errs
}

func (t Table) find(sig os.Signal) int {
	return slices.IndexFunc(t, func(r Row) bool { return r.Signal == sig })
}

func (t Table) signals() []os.Signal {
	sigs := make([]os.Signal, len(t))
	for i, r := range t {
		sigs[i] = r.Signal
	}
	return sigs
}

// byName merges hooks into a new slice; value groups of fx have no order.
func byName(have, add []Hook) []Hook {
	all := slices.Concat(have, add)
	slices.SortStableFunc(all, func(a, b Hook) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
