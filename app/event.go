package app

import (
	"log/slog"
	"time"
)

// Event is something that happened to the process. Events are values; observers
// decide what they look like. The set is closed: StateChanged, StopRequested,
// StepEnded, CommandBegan, CommandProgressed, CommandEnded, SuccessorCommitted,
// TaskEnded, Noted, Warned, Ended.
type Event interface{ event() }

// The events.
type (
	// StateChanged: the process entered a state.
	StateChanged struct{ From, To State }
	// StopRequested: Stop was called. Only the First begins the stop.
	StopRequested struct {
		Reason *Reason
		First  bool
	}
	// StepEnded: a function of the plan returned or was abandoned.
	StepEnded struct{ Step Step }
	// CommandBegan: a handler is about to run.
	CommandBegan struct{ Request Request }
	// CommandProgressed: a handler has reported how far it has come; see Progress.
	CommandProgressed struct {
		Request Request
		Line    string
	}
	// SuccessorCommitted: a new process has taken over; this one stops, with a
	// Reason of kind Replaced.
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
	// Warned: something needs a person's attention, and the process goes on.
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
func (CommandProgressed) event()  {}
func (CommandEnded) event()       {}
func (SuccessorCommitted) event() {}
func (TaskEnded) event()          {}
func (Noted) event()              {}
func (Warned) event()             {}
func (Ended) event()              {}

// Note is one line for people. Modules that have no logger use it.
type Note struct {
	Level slog.Level
	Text  string // lower case, constant; what varies goes into Err and Attrs
	Err   error
	Attrs []slog.Attr
}
