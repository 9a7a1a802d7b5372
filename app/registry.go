package app

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app/internal/check"
)

// registry has what modules have registered, for the App and for one another.
type registry struct {
	mu              sync.Mutex // guards everything below; it is free while functions run
	generation      int
	predecessorGone <-chan struct{} // nil: there is no predecessor
	addrs           []Address
	movers          map[string]Mover
	checks          []*check.Check
	metrics         []func() []Metric
	inFlight        []func(most int) []InFlight
	upgrades        func() []UpgradeRecord
	histories       map[string]History
	beforeFxStop    []func()
	beforeDraining  map[string]func() // by server
	fxStop          func(code int)    // makes fx's Run return
}

func newRegistry() registry {
	return registry{movers: map[string]Mover{}, beforeDraining: map[string]func(){}}
}

func (r *registry) explainFxStop() {
	r.mu.Lock()
	before := slices.Clone(r.beforeFxStop)
	r.mu.Unlock()
	for _, fn := range before {
		fn()
	}
}

func (r *registry) drains() map[string]func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.beforeDraining)
}

func (r *registry) onStop(fxStop func(code int)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fxStop = fxStop
}

func (r *registry) stopFx(code int) {
	r.mu.Lock()
	fxStop := r.fxStop
	r.mu.Unlock()
	if fxStop != nil {
		fxStop(code)
	}
}

// predecessor returns a channel that is closed when the predecessor has gone, or
// nil if there is none.
func (r *registry) predecessor() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.predecessorGone
}

// serves reports whether a server of requests has registered.
func (r *registry) serves() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.inFlight) > 0
}

// InFlight is a request in flight: its client, and perhaps a stop, waits for the
// response.
type InFlight struct {
	Server string        `json:"server"`
	Method string        `json:"method"`
	Route  string        `json:"route,omitempty"` // the pattern that matched it, if that is known
	Path   string        `json:"path"`            // without its query
	For    time.Duration `json:"for_ns"`
}
