package app

import (
	"cmp"
	"slices"
	"time"
)

// InFlight is a request whose client, and perhaps a stop, waits for its response.
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
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight = append(r.inFlight[:len(r.inFlight):len(r.inFlight)], oldest)
}

// serves reports whether there is a server with requests.
func (r *registry) serves() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.inFlight) > 0
}

// InFlight returns the oldest requests of all servers, at most so many, the
// oldest first. A function that panics has none.
func (w Wiring) InFlight(most int) (all []InFlight) {
	r := &w.app.registry
	r.mu.Lock()
	sources := r.inFlight
	r.mu.Unlock()
	for _, oldest := range sources {
		all = append(all, collect(func() []InFlight { return oldest(most) })...)
	}
	slices.SortStableFunc(all, func(x, y InFlight) int { return cmp.Compare(y.For, x.For) })
	return all[:min(most, len(all))]
}
