package app

import (
	"context"
	"errors"
)

// Name is the application's name. It gives the configuration file, the
// environment prefix and the first word of reports. Empty means "app".
type Name string

// Errors of Start, Stop and Do. Each is wrapped in an error that says more.
var (
	// ErrStarted: Start was called a second time.
	ErrStarted = errors.New("already started")
	// ErrStopped: the application has ended. It does not start again, because
	// its constructors would not run again; build a new one.
	ErrStopped = errors.New("already stopped")
)

// App is one process: its state, its plan and the reason of its end. Its methods
// may be called from any goroutine at any time, and none blocks unless its
// comment says so. Build it with New, or let fx inject it.
//
// An application needs five of them: Go for background work, Add for hooks with
// a phase, AddCheck for readiness, Stop to end, and Context. What only authors
// of modules need is behind Wiring.
type App struct {
	name string

	ready    chan struct{} // closed on entering Ready
	stopping chan struct{} // closed by the first Stop
	draining chan struct{} // closed when Unbind begins
	done     chan struct{} // closed when the plan is over

	ctx        context.Context // see Context
	endContext context.CancelCauseFunc

	// The parts. Each has a mutex for its own fields. Where two are held at
	// once, that of the plan comes first.
	plan     plan     // the state and the members
	clock    clock    // the time of the stop
	history  history  // which functions run and have run
	commands commands // what Do can do
	registry registry // what modules have registered
	settings settings // where the sections start and stop come from
	events   events   // the way to observers
}

// New returns an App in state New.
func New(name Name) *App {
	if name == "" {
		name = "app"
	}
	a := &App{
		name:     string(name),
		ready:    make(chan struct{}),
		stopping: make(chan struct{}),
		draining: make(chan struct{}),
		done:     make(chan struct{}),
		plan:     plan{upIndex: -1, tasks: map[string]*task{}},
		history:  history{running: map[*member]RunningHook{}},
		commands: newCommands(),
		registry: registry{movers: map[string]Mover{}},
		settings: settings{start: DefaultStart, stop: DefaultStop},
		events:   events{counters: newCounters()},
	}
	a.ctx, a.endContext = context.WithCancelCause(context.Background())
	return a
}

// Name returns the application's name, "app" if it was not given one.
func (a *App) Name() string { return a.name }

// State returns where the process is in its life.
func (a *App) State() State {
	state, _ := a.plan.status()
	return state
}

// Reason returns why the process stops, nil if it does not.
func (a *App) Reason() *Reason {
	_, reason := a.plan.status()
	return reason
}

// Ready returns a channel that is closed when everything has started. It
// stays open if the start fails; select on Done as well.
func (a *App) Ready() <-chan struct{} { return a.ready }

// Done returns a channel that is closed when the plan is over and its last
// event delivered.
func (a *App) Done() <-chan struct{} { return a.done }

// Stopping returns a channel that is closed when the stop begins: by the first
// Stop, or by a start that failed.
func (a *App) Stopping() <-chan struct{} { return a.stopping }

// Context lives from New until the phase Tasks of the stop; its Cause is then
// the *Reason. It is the context for work that outlives a start hook.
func (a *App) Context() context.Context { return a.ctx }
