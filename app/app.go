package app

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Name is the application's name. It gives the configuration file, the
// environment prefix and the first word of reports. Empty means "app".
type Name string

// What Start, Stop and Do refuse. Each is wrapped in an error that says more.
var (
	// ErrStarted: Start was called a second time.
	ErrStarted = errors.New("already started")
	// ErrStopped: the application has ended. It does not start again, because
	// its constructors would not run again; build a new one.
	ErrStopped = errors.New("already stopped")
)

// App is one process: its state, its plan and the reason of its end. All
// methods may be called by anyone at any time, and none blocks unless it says
// so. Build it with New, or let fx inject it.
type App struct {
	name   string
	events events

	ready    chan struct{} // closed on entering Ready
	stopping chan struct{} // closed by the first Stop
	draining chan struct{} // closed when Unbind begins
	done     chan struct{} // closed when the plan is over

	life    context.Context // of tasks; ends when the phase Tasks begins on the way down
	endLife context.CancelCauseFunc

	mu           sync.Mutex // guards everything below
	state        State
	reason       *Reason   // of the stop; nil while none was asked for
	also         []*Reason // reasons that came too late
	stopAt       time.Time // when the stop began
	startConf    func() StartConfig
	stopConf     func() StopConfig
	members      []*member
	misuses      []error // errors of wiring, returned by Start
	turn         int     // index in wayUp of the phase that is starting
	cancelStart  context.CancelCauseFunc
	current      map[*member]RunningHook // functions that run now
	budget       *budget                 // of the stop, once it has begun
	limit        time.Time               // nearest deadline of a caller; zero: none
	hurry        *Reason                 // why lame duck and drain are cut short
	cut          func(error)             // ends the context of what runs now early
	cutPhase     Phase                   // where that is
	cutOthers    bool                    // others of the phase wait for it
	cutTimer     *time.Timer             // ends it at a deadline that came later
	steps        []Step
	up, down     time.Duration
	report       Report
	tasks        map[string]*task
	generation   int
	alone        <-chan struct{} // closed when no predecessor lives any more; nil: there is none
	addrs        []Address
	movers       map[string]Mover
	handlers     map[Command]Handler
	refusals     map[Command]func(r Request, why error) any // see SetRefusalDetail
	busy         chan struct{}                              // holds one token while a command runs
	checks       []*check
	metrics      []func() []Metric
	upgrades     func() []UpgradeRecord
	inFlight     []func(most int) []InFlight
	beforeFxStop []func()
	tell         func(code int) // tells fx that a stop was requested
}

// New returns an App in state New.
func New(name Name) *App {
	if name == "" {
		name = "app"
	}
	a := &App{
		name:      string(name),
		events:    events{tally: newTally()},
		ready:     make(chan struct{}),
		stopping:  make(chan struct{}),
		draining:  make(chan struct{}),
		done:      make(chan struct{}),
		startConf: DefaultStart,
		stopConf:  DefaultStop,
		current:   map[*member]RunningHook{},
		tasks:     map[string]*task{},
		handlers:  map[Command]Handler{},
		refusals:  map[Command]func(Request, error) any{},
		busy:      make(chan struct{}, 1),
		turn:      -1,
	}
	a.life, a.endLife = context.WithCancelCause(context.Background())
	return a
}

func (a *App) settings() (start func() StartConfig, stop func() StopConfig) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.startConf, a.stopConf
}

// Name returns the application's name, "app" if it was not given one.
func (a *App) Name() string { return a.name }

// State returns where the process is in its life.
func (a *App) State() State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state
}

// Reason returns why the process stops, nil if it does not.
func (a *App) Reason() *Reason {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.reason
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
func (a *App) Context() context.Context { return a.life }

// Report returns what has happened so far; after Done, the whole life.
func (a *App) Report() Report {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.report
	r.App, r.State, r.Reason = a.name, a.state, a.reason
	r.Also = append([]*Reason(nil), a.also...)
	r.Steps = append([]Step(nil), a.steps...)
	r.Up, r.Down = a.up, a.down
	return r
}

// enter changes the state and returns the event to emit once a.mu is free, or
// nil. Called with a.mu held.
func (a *App) enter(s State) []Event {
	if a.state == s {
		return nil
	}
	e := StateChanged{From: a.state, To: s}
	a.state = s
	return []Event{e}
}
