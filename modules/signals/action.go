package signals

import (
	"errors"
	"fmt"
	"os"

	"github.com/gracefulfx/graceful/app"
)

// Action is what a signal makes the application do: one of the constants, Do
// or Func.
type Action interface {
	// String is the action's name, as it stands in the table.
	String() string
	validate() error
}

// Stopping and ignoring.
const (
	// Stop begins the stop; see the package comment for the second and the
	// third signal.
	Stop = builtin("stop")
	// StopNow begins a stop that does not wait for clients, or stops the running
	// one from waiting. It counts as two stop signals.
	StopNow = builtin("stop now")
	// Hurry ends the waiting for clients of a stop that is under way. Without a
	// stop it does nothing, however often it comes.
	Hurry = builtin("hurry")
	// Ignore catches the signal and does nothing.
	Ignore = builtin("ignore")
	// Default leaves SIGPIPE to the system: a write to standard output or error
	// without a reader then ends the process. It is for SIGPIPE alone.
	Default = builtin("default")
)

// The commands of the framework.
const (
	Reload  = command(app.Reload)
	Upgrade = command(app.Upgrade)
)

// Do is the action that carries out a command with App.Do. A command without a
// handler, or one that comes while the application starts or stops, is refused; the
// process goes on.
func Do(c app.Command) Action { return command(c) }

// Func is the action that calls fn. fn may block: it runs beside the actions of
// other signals, though never beside itself. Its ctx ends with the phase Final of a
// stop. An error or a panic becomes a warning.
func Func(name string, fn HookFunc) Action {
	return &function{name: name, fn: fn}
}

// Event is one signal on its way through the table.
type Event struct {
	Signal os.Signal
	Action Action
	// Answer and Err are for After: the answer to a command, and the error of a
	// command or a Func.
	Answer app.Answer
	Err    error
}

type builtin string

func (b builtin) String() string { return string(b) }
func (builtin) validate() error  { return nil }

type command app.Command

func (c command) String() string { return string(c) }
func (c command) validate() error {
	if c == "" {
		return errors.New("the command of Do is empty")
	}
	return nil
}

type function struct {
	name string
	fn   HookFunc
}

func (f *function) String() string { return f.name }
func (f *function) validate() error {
	if f.fn == nil {
		return fmt.Errorf("the function %q is nil", f.name)
	}
	if f.name == "" {
		return errors.New("a Func needs a name, for the table and the log")
	}
	return nil
}
