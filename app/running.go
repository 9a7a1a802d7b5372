package app

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// RunningHook is a function of the plan that runs now: a start or a stop waits
// for it.
type RunningHook struct {
	Phase  Phase     `json:"phase"`
	Name   string    `json:"name"`
	Source string    `json:"source,omitempty"` // file:line that added it
	Began  time.Time `json:"began"`
}

// RunningHooks returns the functions of the plan that run now, the oldest first.
// It is empty while the process is ready.
func (w Wiring) RunningHooks() []RunningHook { return w.app.runningHooks() }

func (a *App) runningHooks() []RunningHook {
	a.mu.Lock()
	all := slices.Collect(maps.Values(a.current))
	a.mu.Unlock()
	slices.SortFunc(all, func(x, y RunningHook) int {
		if c := x.Began.Compare(y.Began); c != 0 {
			return c
		}
		return strings.Compare(x.Name, y.Name)
	})
	return all
}

// String names the phase, the function, and where it was added.
func (h RunningHook) String() string {
	if h.Source == "" {
		return h.Phase.String() + " " + h.Name
	}
	return h.Phase.String() + " " + h.Name + " (" + h.Source + ")"
}

// waitingFor names the hooks that run now.
func (a *App) waitingFor() string {
	var names []string
	for _, h := range a.runningHooks() {
		names = append(names, h.String())
	}
	return strings.Join(names, ", ")
}
