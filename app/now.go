package app

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// Doing is a function of the plan that runs now: what a start or stop waits for.
type Doing struct {
	Phase  Phase     `json:"phase"`
	Name   string    `json:"name"`
	Source string    `json:"source,omitempty"` // file:line that added it
	Began  time.Time `json:"began"`
}

// Running returns the functions of the plan that run now, the oldest first.
// It is empty while the process is ready.
func (a *App) Running() []Doing {
	a.mu.Lock()
	all := slices.Collect(maps.Values(a.current))
	a.mu.Unlock()
	slices.SortFunc(all, func(x, y Doing) int {
		if c := x.Began.Compare(y.Began); c != 0 {
			return c
		}
		return strings.Compare(x.Name, y.Name)
	})
	return all
}

// StopDeadline returns when the stop that has begun must be over, and the zero
// time while there is none. It can move nearer.
func (a *App) StopDeadline() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.budget == nil {
		return time.Time{}
	}
	return a.budget.deadline
}

// Readiness is what ReadyHandler answers, as a value: whether the process
// should get requests, and why not in words. It calls every Check, so it
// blocks for as long as the slowest is allowed to take.
func (a *App) Readiness(ctx context.Context) (ok bool, text string) { return a.readiness(ctx, false) }
