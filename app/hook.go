package app

import (
	"context"
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/app/internal/caller"
)

// Hook is one member of the plan: what a part of the program does on the way up,
// and how it undoes that on the way down.
type Hook struct {
	// Name is for people: report, log, the text of the readiness probe.
	Name string
	// StartIn is Observability, Bind, Resources (the zero value means it), Tasks or
	// Serve.
	StartIn Phase
	// OnStart may be nil. It must return when its context is done; what it
	// leaves running must not use that context, which ends with the start.
	OnStart func(context.Context) error
	// StopIn is one of Announce to Final; the zero value means Resources.
	StopIn Phase
	// OnStop may be nil. It is called at most once, and only if OnStart
	// returned nil (or is nil and its turn had come): a hook that opens two
	// things and fails at the second closes the first itself, as with fx.
	OnStop func(context.Context) error
	// Timeout caps the time of each function; 0 leaves them their phase's share.
	Timeout time.Duration

	source string // file:line of the call that added it
}

func (h *Hook) complete() error {
	if h.StartIn == 0 {
		h.StartIn = Resources
	}
	if h.StopIn == 0 {
		h.StopIn = Resources
	}
	switch {
	case !h.StartIn.isUp():
		return fmt.Errorf("hook %s (%s): %v is not a phase of the way up; use Observability, Bind, Resources, Tasks or Serve", h.Name, h.source, h.StartIn)
	case !h.StopIn.isDown():
		return fmt.Errorf("hook %s (%s): %v is not a phase of the way down; use Announce, LameDuck, Unbind, Drain, Tasks, Resources or Final", h.Name, h.source, h.StopIn)
	case h.Timeout < 0:
		return fmt.Errorf("hook %s (%s): negative timeout %v; use 0 for the phase's share", h.Name, h.source, h.Timeout)
	}
	return nil
}

// member is a Hook in the plan, with what has happened to it.
type member struct {
	Hook
	begun   bool // its turn on the way up has come
	started bool // and OnStart returned nil, or there is none
	stopped bool // its turn on the way down has come
}

// Add makes h a member of the plan. It does not block and may be called at
// any time, with these effects:
//
//   - before Start, and while starting if the turn of h.StartIn has not
//     passed: h is started and stopped in its turn;
//   - while starting, too late for h.StartIn, or when ready: a hook without
//     OnStart is stopped in its turn; one with OnStart is refused;
//   - once a stop has begun: refused.
//
// A refusal before Start ends makes Start fail with its text; a later one is
// a warning event, since no caller is left to return an error to. So is an
// unknown phase or a negative timeout. A hook without functions is ignored.
func (a *App) Add(h Hook) {
	if h.source == "" {
		h.source = caller.Source()
	}
	a.add(h)
}

func (a *App) add(h Hook) *member {
	if h.OnStart == nil && h.OnStop == nil {
		return nil
	}
	if h.Name == "" {
		h.Name = "hook"
	}
	m := &member{Hook: h}
	if err := m.complete(); err != nil {
		a.misuse(err)
		return nil
	}
	a.plan.mu.Lock()
	err := a.plan.join(m)
	a.plan.mu.Unlock()
	if err != nil {
		a.misuse(err)
		return nil
	}
	return m
}

// Calls declares that a server calls others of this process while it answers, as a
// gateway does: on the way down the others take calls until it has drained, and
// only then close their listeners and drain. Each of them shortens its time by a
// twenty-fifth of the stop, a second at most. When a successor has taken over there
// is no order, since the successor answers the calls. Servers are named as in
// reports: "http", "http.internal", "grpc". A cycle, and a name that no member has,
// are errors of Start. Call it before Start; it may be called again.
func (a *App) Calls(server string, others ...string) {
	a.plan.mu.Lock()
	var errs []error
	for _, other := range others {
		if err := a.plan.order.Add(server, other); err != nil {
			errs = append(errs, fmt.Errorf("app.Calls: %w", err))
		}
	}
	a.plan.mu.Unlock()
	for _, err := range errs {
		a.misuse(err)
	}
}

// At is Add for a function without a counterpart. In Observability, Bind and Serve
// fn runs on the way up; in every other phase, on the way down.
func (a *App) At(p Phase, name string, fn func(context.Context) error) {
	h := Hook{Name: name, source: caller.Source()}
	switch p {
	case Observability, Bind, Serve:
		h.StartIn, h.OnStart = p, fn
	default:
		h.StartIn, h.StopIn, h.OnStop = Observability, p, fn
		if p == 0 {
			h.StopIn = -1 // At's phase has no default
		}
	}
	a.add(h)
}
