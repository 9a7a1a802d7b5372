package app

import (
	"log/slog"
	"sync"
	"time"
)

// Event is something that happened in the life of the process. Events are
// values; whoever observes them decides what they look like. The set is
// closed: StateChanged, StopRequested, StepEnded, CommandBegan, CommandEnded,
// SuccessorCommitted, TaskEnded, Noted, Warned, Ended.
type Event interface{ event() }

// The events.
type (
	// StateChanged: the process entered a state.
	StateChanged struct{ From, To State }
	// StopRequested: somebody called Stop. Only the First makes the stop begin.
	StopRequested struct {
		Reason *Reason
		First  bool
	}
	// StepEnded: a function of the plan returned or was abandoned.
	StepEnded struct{ Step Step }
	// CommandBegan: a handler is about to run.
	CommandBegan struct{ Request Request }
	// SuccessorCommitted: a new process has taken over; this one will stop
	// with a Reason of kind Replaced.
	SuccessorCommitted struct{ PID int }
	// CommandEnded: Do has answered.
	CommandEnded struct {
		Answer Answer
		Err    error
	}
	// TaskEnded: a background task returned. RestartIn is the pause before it
	// is started again, negative if it is not.
	TaskEnded struct {
		Name      string
		Err       error
		Failures  float64 // decaying count of recent failures
		RestartIn time.Duration
	}
	// Noted: a line for people, from any part of the program.
	Noted struct{ Note Note }
	// Warned: something asks for a person's attention, and life goes on.
	Warned struct {
		Text string
		Err  error
	}
	// Ended: the plan is over. It is the last event.
	Ended struct{ Report Report }
)

func (StateChanged) event()       {}
func (StopRequested) event()      {}
func (StepEnded) event()          {}
func (CommandBegan) event()       {}
func (CommandEnded) event()       {}
func (SuccessorCommitted) event() {}
func (TaskEnded) event()          {}
func (Noted) event()              {}
func (Warned) event()             {}
func (Ended) event()              {}

// Note is one line for people. Modules that have no logger say what they have
// to say with it.
type Note struct {
	Level slog.Level
	Text  string // lower case, constant; what varies goes into Err and Attrs
	Err   error
	Attrs []slog.Attr
}

// Note emits n as a Noted event. Not for the request path.
func (a *App) Note(n Note) { a.emit(Noted{n}) }

// Observe makes fn receive every event from now on, one at a time and in
// order, on the goroutine of whoever caused one of them. fn must not block; it
// may call back into the App, and then receives the events caused by that
// after it has returned. A panic in fn is swallowed: who renders an event
// cannot stop what happens. There is no way to unsubscribe; observers live as
// long as the App.
func (a *App) Observe(fn func(Event)) { a.events.observe(fn) }

func (a *App) emit(e Event) { a.events.emit(e) }

// events delivers in order without holding a lock during a callback: whoever
// finds the queue idle delivers, others only enqueue.
type events struct {
	mu        sync.Mutex
	idle      sync.Cond // of mu; signalled when busy turns false
	observers []func(Event)
	queue     []Event
	busy      bool
}

func (e *events) observe(fn func(Event)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	// A new slice: deliver may be reading the old one.
	e.observers = append(e.observers[:len(e.observers):len(e.observers)], fn)
}

func (e *events) emit(ev Event) {
	e.mu.Lock()
	e.queue = append(e.queue, ev)
	if e.busy {
		e.mu.Unlock()
		return
	}
	e.busy = true
	for len(e.queue) > 0 {
		next, observers := e.queue[0], e.observers
		e.queue = e.queue[1:]
		e.mu.Unlock()
		for _, fn := range observers {
			deliver(fn, next)
		}
		e.mu.Lock()
	}
	e.busy = false
	e.idle.Broadcast()
	e.mu.Unlock()
}

func deliver(fn func(Event), e Event) {
	defer func() { _ = recover() }() // documented at Observe
	fn(e)
}

// flush waits until every event emitted so far has been delivered. Not from
// an observer.
func (e *events) flush() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.busy {
		e.idle.Wait()
	}
}
