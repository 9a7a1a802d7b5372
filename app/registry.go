package app

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/gracefulfx/graceful/app/internal/check"
)

// registry is what modules have registered, for the App and for one another.
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
	beforeFxStop    []func()
	fxStop          func(code int) // makes fx's Run return
}

// Wiring is the side of the App for modules of the framework. Applications have
// no use for it; it is for authors of servers and exporters, and of modules
// that replace one of ours. Its methods may be called from any goroutine at any
// time, and none blocks unless its comment says so.
type Wiring struct{ app *App }

// Wiring returns the side of the App that modules are joined by.
func (a *App) Wiring() Wiring { return Wiring{a} }

// BeforeFxStop registers fn to be called before fx's Stop begins a stop without
// a reason. A module that knows the reason, such as a signal that has arrived
// but was not handled yet, calls Stop in fn. fn must not block.
func (w Wiring) BeforeFxStop(fn func()) {
	if fn == nil {
		w.app.misuse(errors.New("a nil function was given to BeforeFxStop"))
		return
	}
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.beforeFxStop = append(r.beforeFxStop, fn)
}

func (r *registry) explainFxStop() {
	r.mu.Lock()
	before := slices.Clone(r.beforeFxStop)
	r.mu.Unlock()
	for _, fn := range before {
		fn()
	}
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

// SetGeneration records that this process is the given generation, 2 or more, and
// that its predecessor is alive until gone is closed; tasks with Exclusive wait
// for that. The module that took over from the predecessor calls it before Start.
func (w Wiring) SetGeneration(generation int, gone <-chan struct{}) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.generation, r.predecessorGone = generation, gone
}

// Generation counts the processes that handed their sockets on to one
// another: 1 for one that was started afresh.
func (a *App) Generation() int {
	r := &a.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.generation, 1)
}

// predecessor returns a channel that is closed when the predecessor has gone, nil
// if there is none.
func (r *registry) predecessor() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.predecessorGone
}

// Commit emits that the successor with this process id has taken
// over for good; the stop with a Reason of kind Replaced has begun. It is for the
// module that carries out upgrades. It waits for observers as Observe says.
func (w Wiring) Commit(pid int) { w.app.emit(SuccessorCommitted{PID: pid}) }

// AddMover registers the server as one whose connections can move.
func (w Wiring) AddMover(server string, m Mover) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.movers[server] = m
}

// Movers returns the servers whose connections can move, by name.
func (w Wiring) Movers() map[string]Mover {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.movers)
}
