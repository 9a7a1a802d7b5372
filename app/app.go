package app

import (
	"context"
	"errors"
	"slices"

	"github.com/gracefulfx/graceful/app/internal/delivery"
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

// App is one process: its state, its plan and the reason for its end. Its methods
// may be called from any goroutine at any time, and none blocks unless its
// comment says so. Build it with New, or let fx inject it.
//
// An application needs five of them: Go for background work, Add for hooks with a
// phase, AddCheck for readiness, Stop to end, and Context. The methods that only
// authors of modules need are behind Wiring.
type App struct {
	name string

	ready    chan struct{} // closed on entering Ready
	stopping chan struct{} // closed by the first Stop
	hurried  chan struct{} // closed by the first Hurry of a stop
	draining chan struct{} // closed when Unbind begins
	done     chan struct{} // closed when the plan is over

	ctx        context.Context // see Context
	endContext context.CancelCauseFunc

	// The parts. Each has a mutex for its own fields. Where two are held at once,
	// the plan's is locked first.
	plan     plan     // the state and the members
	clock    clock    // the time of the stop
	history  history  // which functions run and have run
	commands commands // what Do can do
	registry registry // of what modules add
	settings settings // where the sections start and stop come from
	counters counters // of events
	events   delivery.Queue[Event]
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
		hurried:  make(chan struct{}),
		draining: make(chan struct{}),
		done:     make(chan struct{}),
		plan:     newPlan(),
		history:  newHistory(),
		commands: newCommands(),
		registry: newRegistry(),
		settings: settings{start: DefaultStart, stop: DefaultStop},
		counters: newCounters(),
	}
	a.ctx, a.endContext = context.WithCancelCause(context.Background())
	return a
}

// Name returns the application's name, "app" if none was given.
func (a *App) Name() string { return a.name }

// State returns where the process is in its life.
func (a *App) State() State {
	state, _ := a.plan.status()
	return state
}

// Reason returns why the process stops, or nil if it does not.
func (a *App) Reason() *Reason {
	_, reason := a.plan.status()
	return reason
}

// Ready returns a channel that is closed when everything has started. It
// stays open if the start fails; select on Done as well.
func (a *App) Ready() <-chan struct{} { return a.ready }

// Done returns a channel that is closed when the plan is over and its last event is
// delivered.
func (a *App) Done() <-chan struct{} { return a.done }

// Stopping returns a channel that is closed when the stop begins: by the first
// Stop, or by a start that failed.
func (a *App) Stopping() <-chan struct{} { return a.stopping }

// Context lives from New until the phase Tasks of the stop; its Cause is then
// the *Reason. It is the context for work that outlives a start hook.
func (a *App) Context() context.Context { return a.ctx }

// Report returns what has happened so far; after Done, all of it.
func (a *App) Report() Report {
	a.plan.mu.Lock()
	r := Report{App: a.name, State: a.plan.state, Reason: a.plan.reason, Also: slices.Clone(a.plan.also)}
	a.plan.mu.Unlock()
	h := &a.history
	h.mu.Lock()
	defer h.mu.Unlock()
	r.Code, r.Steps, r.Up, r.Down = h.code, slices.Clone(h.steps), h.up, h.down
	return r
}

// Addresses returns where the servers of this process can be reached, in the
// order in which they were bound.
func (a *App) Addresses() []Address {
	r := &a.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.addrs)
}

// Generation counts the processes that passed their sockets on to one another, this
// one included: 1 for a process that was started afresh.
func (a *App) Generation() int {
	r := &a.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.generation, 1)
}

// Observe makes fn receive every event from now on, one at a time and in order, on
// a goroutine of the App's. The App waits a moment for each event to be delivered,
// so an observer has usually seen an event before it takes effect. It never waits
// for an observer that does not return: a stop goes on while a log blocks, and ends
// within its budget; the last events are then lost. fn may call back into the App.
// A panic in fn is swallowed: a failure to render an event stops nothing. There is
// no way to unsubscribe; observers live as long as the App.
func (a *App) Observe(fn func(Event)) {
	if fn == nil {
		a.misuse(errors.New("a nil observer was given to Observe"))
		return
	}
	a.events.Observe(fn)
}

// Note emits n as a Noted event. Once a stop has begun it does not wait for
// observers, whose delay would count against the time of a hook. It is not for the
// request path.
func (a *App) Note(n Note) {
	if closed(a.stopping) {
		a.post(Noted{n})
		return
	}
	a.emit(Noted{n})
}

// post counts e and puts it into the queue. It does not wait.
func (a *App) post(e Event) delivery.Delivery[Event] {
	a.counters.count(e)
	return a.events.Post(e)
}

// emit delivers e. It returns when e is delivered, or when observers are late.
func (a *App) emit(e Event) { a.events.Wait(a.post(e), a.clock.deliveryWait(), a.hurried) }

func (a *App) emitAll(events []Event) {
	for _, e := range events {
		a.emit(e)
	}
}

func (a *App) warn(warnings ...error) {
	for _, err := range warnings {
		if err != nil {
			a.emit(Warned{Text: "settings", Err: err})
		}
	}
}

// misuse keeps an error of wiring for Start to return; after the start it warns
// instead.
func (a *App) misuse(err error) {
	a.plan.mu.Lock()
	early := a.plan.reason == nil && a.plan.state <= StateStarting
	if early {
		a.plan.misuses = append(a.plan.misuses, err)
	}
	a.plan.mu.Unlock()
	if !early {
		a.emit(Warned{Text: "hook refused", Err: err})
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
