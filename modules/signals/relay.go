package signals

import (
	"os"
	"slices"
)

// Relay catches every signal that one process can usefully pass on to another, from
// now on and for good, and returns their channel. These are all signals of the
// system except those that the parent process ignores, and those of the Go runtime,
// of job control and of children. SIGPIPE is caught and dropped. Relay is for a
// process in front of the application's, such as a supervisor, which needs no Trap.
// It does not block.
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
