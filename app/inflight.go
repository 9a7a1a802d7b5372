package app

import (
	"cmp"
	"slices"
	"time"
)

// InFlight is a request that somebody waits for: its client, and a stop.
type InFlight struct {
	Server string        `json:"server"`
	Method string        `json:"method"`
	Route  string        `json:"route,omitempty"` // the pattern that matched it, if that is known
	Path   string        `json:"path"`            // without its query
	For    time.Duration `json:"for_ns"`
}

// AddInFlight registers a function that returns the oldest requests of a
// server, at most so many. It may be called from any goroutine and every
// second: it must be cheap and must not block.
func (w Wiring) AddInFlight(oldest func(most int) []InFlight) {
	a := w.app
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inFlight = append(a.inFlight[:len(a.inFlight):len(a.inFlight)], oldest)
}

// InFlight returns the oldest requests of all servers, at most so many, the
// oldest first. A function that panics has none.
func (w Wiring) InFlight(most int) (all []InFlight) {
	a := w.app
	a.mu.Lock()
	sources := a.inFlight
	a.mu.Unlock()
	for _, oldest := range sources {
		all = append(all, ask(func() []InFlight { return oldest(most) })...)
	}
	slices.SortStableFunc(all, func(x, y InFlight) int { return cmp.Compare(y.For, x.For) })
	return all[:min(most, len(all))]
}
