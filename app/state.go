package app

import "fmt"

// State is where the process is in its life. The package comment draws it.
type State int32

// The states, in the order in which a process passes through them.
const (
	StateNew      State = iota // built, nothing started
	StateStarting              // the way up has begun
	StateReady                 // everything started; the only state that takes commands
	StateDraining              // Announce to Drain: the last requests are served
	StateStopping              // Tasks to Final: nothing is served any more
	StateStopped               // ended, clean
	StateFailed                // ended, and something on the way was not clean
)

var stateNames = [...]string{"new", "starting", "ready", "draining", "stopping", "stopped", "failed"}

// String returns the lower-case name of the state.
func (s State) String() string { return nameOf(stateNames[:], int(s), "state") }

// MarshalText makes the name, not the number, appear in JSON.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

func nameOf(names []string, i int, kind string) string {
	if i < 0 || i >= len(names) || names[i] == "" {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return names[i]
}
