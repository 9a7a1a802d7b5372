package app

import (
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

// String names the phase, the function, and where it was added.
func (d Doing) String() string {
	if d.Source == "" {
		return d.Phase.String() + " " + d.Name
	}
	return d.Phase.String() + " " + d.Name + " (" + d.Source + ")"
}

// waitingFor is Running in words.
func (a *App) waitingFor() string {
	var names []string
	for _, d := range a.Running() {
		names = append(names, d.String())
	}
	return strings.Join(names, ", ")
}
