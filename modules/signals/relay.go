package signals

import (
	"os"
	"slices"
)

// Relay catches every signal that one process can usefully pass on to another, from
// now on and for good, and returns their channel: all that the system has, but for
// those that the parent process wants ignored, those of the Go runtime, of job
// control and of children. SIGPIPE is caught and goes nowhere. It is for a process
// that stands before the application's, such as a supervisor, and so needs no Trap.
func Relay(e Env) <-chan os.Signal {
	e = e.orReal()
	relayed, dropped := make(chan os.Signal, 64), make(chan os.Signal, 1)
	for _, sig := range known() {
		switch {
		case sig == brokenPipe:
			e.Source.Notify(dropped, sig)
		case slices.Contains(local(), sig), untouchable(sig) != nil, e.Source.Ignored(sig):
		default:
			e.Source.Notify(relayed, sig)
		}
	}
	return relayed
}
