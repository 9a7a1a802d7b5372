package signals

import (
	"io"
	"os"
	"os/signal"

	"github.com/gracefulfx/graceful/internal/output"
)

// Source is where signals come from: package os/signal, or a Fake.
type Source interface {
	// Notify relays sigs to c without ever blocking on it, like signal.Notify.
	Notify(c chan<- os.Signal, sigs ...os.Signal)
	// Stop ends that, like signal.Stop. When it returns, every signal whose
	// delivery had begun has arrived everywhere, even if c was never registered.
	Stop(c chan<- os.Signal)
	// Reset gives sig back to the system, whichever channel has it, like
	// signal.Reset.
	Reset(sig os.Signal)
	// Ignored reports whether the parent process made sig ignored, like
	// signal.Ignored. Notify ends that, so call Ignored first.
	Ignored(sig os.Signal) bool
}

// Env is what a Trap uses outside the program. A zero field means that of the
// process: package os/signal, os.Exit, os.Stderr. Tests supply an Env to the graph.
type Env struct {
	Source Source
	Exit   func(code int) // os.Exit; may return in tests
	Stderr io.Writer      // for lines that cannot be logged: before there is a log, and at a forced exit
}

func (w Env) orReal() Env {
	if w.Source == nil {
		w.Source = system{}
	}
	if w.Exit == nil {
		w.Exit = os.Exit
	}
	if w.Stderr == nil {
		w.Stderr = os.Stderr
	}
	w.Stderr = output.Bounded(w.Stderr)
	return w
}

type system struct{}

func (system) Notify(c chan<- os.Signal, sigs ...os.Signal) { signal.Notify(c, sigs...) }
func (system) Stop(c chan<- os.Signal)                      { signal.Stop(c) }
func (system) Reset(sig os.Signal)                          { signal.Reset(sig) }
func (system) Ignored(sig os.Signal) bool                   { return signal.Ignored(sig) }
