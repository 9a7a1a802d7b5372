package signals

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Config is the section "signals": rows with which the operator overlays the table
// of the program, live.
//
//	signals:
//	  SIGUSR1: reload
//	  SIGUSR2: none
//
// An action is "none" or a command that the application handles. The hooks of a
// row stay. A file can neither remove a stop nor add one: it may not name signals
// that stop, SIGINT, SIGTERM or those that Go's runtime needs. A mistake in the
// file must not make a process that cannot be stopped.
//
// When a row is removed from the file, the program's row is in force again. If
// there is none, the signal does nothing until the process is restarted: if it were
// no longer caught, the next one would kill the process.
type Config map[string]string

// noAction is the action of a row that catches its signal and does nothing.
const noAction = "none"

// Validate returns an error for rows that a file cannot have in any program.
func (c Config) Validate() error {
	_, err := c.rows()
	return err
}

// fileRow is a row with the key under which it stands in the file.
type fileRow struct {
	Row
	key string
}

func (c Config) rows() (rows []fileRow, err error) {
	var errs []error
	keys := map[os.Signal]string{}
	for _, key := range slices.Sorted(maps.Keys(c)) {
		sig, err := Parse(key)
		if err == nil {
			err = checkSignal(sig)
		}
		if err == nil {
			err = checkForFile(sig)
		}
		if other := keys[sig]; err == nil && other != "" {
			err = fmt.Errorf("is the same signal as %s: keep one", other)
		}
		var action Action
		if err == nil {
			keys[sig] = key
			action, err = fileAction(c[key])
		}
		if err != nil {
			errs = append(errs, invalid(key, err))
			continue
		}
		rows = append(rows, fileRow{Row{Signal: sig, Action: action}, key})
	}
	return rows, errors.Join(errs...)
}

func invalid(key string, err error) error { return config.Invalid(key, "%w", err) }

// checkForFile returns an error for signals that no file can change.
func checkForFile(sig os.Signal) error {
	if isStop(sig) {
		return errors.New("stops the process, and no file can change that: use signals.On in the program")
	}
	if why := lastResort(sig); why != "" {
		return fmt.Errorf("%s, and no file can change that: use signals.On in the program", why)
	}
	return nil
}

func fileAction(name string) (Action, error) {
	switch name {
	case noAction:
		return Ignore, nil
	case "", Ignore.String():
		return nil, fmt.Errorf("%q is not an action: write none to do nothing, or a command such as reload", name)
	case Default.String():
		return nil, errors.New("a file cannot leave a signal to the system: use signals.On in the program")
	case Stop.String(), StopNow.String():
		return nil, errors.New("a file cannot make a signal stop the process: use signals.On in the program")
	}
	return command(name), nil
}

// overlay returns the table of the program with the rows in place of those that it
// has. handles returns an error for a command that the application does not handle.
func (c Config) overlay(base Table, handles func(app.Command) error) (Table, error) {
	rows, err := c.rows()
	if err != nil {
		return nil, err
	}
	var changes []Row
	var errs []error
	for _, r := range rows {
		if i := base.find(r.Signal); i >= 0 && stops(base[i].Action) {
			errs = append(errs, invalid(r.key, fmt.Errorf("is given to %q by the program, and no file can change that", base[i].Action)))
		}
		if cmd, ok := r.Action.(command); ok {
			if err := handles(app.Command(cmd)); err != nil {
				errs = append(errs, invalid(r.key, err))
			}
		}
		changes = append(changes, r.Row)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return base.With(changes...)
}

func stops(a Action) bool { return a == Stop || a == StopNow }
