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

// Phase is a step of the plan. Phases run one after another; a phase begins
// when every member of the one before has ended or was abandoned.
type Phase int

// The phases. The way up is Observability, Bind, Resources, Tasks, Serve; the way
// down is Announce to Final, in the order in which they stand here. Tasks and
// Resources are part of both.
const (
	// Observability: health and admin endpoints come up, not ready, and name what
	// the start waits for. Its name in reports is "observe".
	Observability Phase = iota + 1
	// Bind: every listener is bound, so that a busy port fails the start before
	// anything serves.
	Bind
	// Serve: servers begin to accept. Everything they need has started.
	Serve

	// Announce: readiness, service manager and registries report that the process
	// is leaving. Skipped, with its members, when a successor took over.
	Announce
	// LameDuck: keep serving and ask clients to leave, for StopConfig.LameDuck.
	// Skipped, with its members, when that is 0 (the default), when the process
	// never became Ready, when a successor took over, on SIGINT, and when hurried.
	LameDuck
	// Unbind: listeners close, except those of servers that others call; consumers
	// stop pulling.
	Unbind
	// Drain: requests in flight, streams and upgraded connections finish. A server
	// that others call closes its listener here, when those have drained; see
	// Calls.
	Drain
	// Tasks: background tasks are started on the way up, and cancelled and awaited
	// on the way down.
	Tasks
	// Resources: ordinary fx hooks, in fx's order on the way up and in reverse on
	// the way down.
	Resources
	// Final: flush logs and metrics; the admin and health server goes last.
	Final
)

var phaseNames = [...]string{
	Observability: "observe", Bind: "bind", Serve: "serve", Announce: "announce", LameDuck: "lame_duck",
	Unbind: "unbind", Drain: "drain", Tasks: "tasks", Resources: "resources", Final: "final",
}

var (
	upPhases   = [...]Phase{Observability, Bind, Resources, Tasks, Serve}
	downPhases = [...]Phase{Announce, LameDuck, Unbind, Drain, Tasks, Resources, Final}
)

// String returns the lower-case name of the phase, as it appears in reports.
func (p Phase) String() string { return nameOf(phaseNames[:], int(p), "phase") }

// MarshalText makes the name, not the number, appear in JSON.
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

func (p Phase) isUp() bool {
	return p == Observability || p == Bind || p == Serve || p == Tasks || p == Resources
}
func (p Phase) isDown() bool { return p >= Announce && p <= Final }

// inTurn reports whether members run one by one (in reverse order on the way down),
// because later ones may depend on earlier ones. Elsewhere they are independent and
// run at the same time, so that two servers share one drain window instead of
// queueing for it; but see Calls.
func (p Phase) inTurn() bool { return p == Resources || p == Final }

// cuttable reports whether Hurry may end the phase early, with nothing lost but
// waiting. Unbind does not wait for clients, and listeners must close in any case.
func (p Phase) cuttable() bool { return p == Announce || p == LameDuck || p == Drain }

func (p Phase) state() State {
	if p <= Drain {
		return StateDraining
	}
	return StateStopping
}
