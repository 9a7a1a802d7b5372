package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"slices"
	"time"
)

// Wiring is the side of the App for modules of the framework. Applications do not
// need it; it is for authors of servers and exporters, and of modules that replace
// one of ours. Its methods may be called from any goroutine at any time, and none
// blocks unless its comment says so.
type Wiring struct{ app *App }

// Wiring returns the side of the App that modules use.
func (a *App) Wiring() Wiring { return Wiring{a} }

// Configure sets the functions from which the settings come. Start reads its
// settings when it begins, a stop reads its own when it begins: a reload in between
// takes effect. A setting that does not validate is replaced by the default, with a
// warning event. A nil function changes nothing.
func (w Wiring) Configure(start func() StartConfig, stop func() StopConfig) {
	s := &w.app.settings
	s.mu.Lock()
	defer s.mu.Unlock()
	if start != nil {
		s.start = start
	}
	if stop != nil {
		s.stop = stop
	}
}

// BeforeFxStop registers fn to be called before fx's Stop begins a stop without a
// reason. A module that knows the reason, such as a signal that has arrived but is
// not yet handled, calls Stop in fn. fn must not block.
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

// SetGeneration records that this process is the given generation, 2 or more, and
// that its predecessor is alive until gone is closed; tasks with Exclusive wait
// for that. The module that took over from the predecessor calls it before Start.
func (w Wiring) SetGeneration(generation int, gone <-chan struct{}) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.generation, r.predecessorGone = generation, gone
}

// SetAddress records that a server listens on addrs. They replace the addresses
// that the server had before; nil removes them.
func (w Wiring) SetAddress(server string, addrs ...net.Addr) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.addrs = slices.DeleteFunc(r.addrs, func(a Address) bool { return a.Server == server })
	for _, addr := range addrs {
		if addr != nil {
			r.addrs = append(r.addrs, Address{Server: server, Net: addr.Network(), Addr: addr.String()})
		}
	}
}

// AddMover registers m as the server of that name whose connections can move.
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

// Commit emits SuccessorCommitted: the successor with this process id has taken
// over for good, and the stop with a Reason of kind Replaced has begun. It is for
// the module that carries out upgrades. It waits for observers as Observe says.
func (w Wiring) Commit(pid int) { w.app.emit(SuccessorCommitted{PID: pid}) }

// AddHistory registers the history of a part of the program.
func (w Wiring) AddHistory(name string, h History) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.histories == nil {
		r.histories = map[string]History{}
	}
	r.histories[name] = h
}

// Histories returns what the parts of the program remember, by name.
func (w Wiring) Histories() map[string]History {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.histories)
}

// SetUpgrades sets the source of Upgrades. It is for the module that carries out
// upgrades. fn must not block, and may be called from several goroutines at once.
func (w Wiring) SetUpgrades(fn func() []UpgradeRecord) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.upgrades = fn
}

// Upgrades returns what is known of the upgrade that this process came from, and of
// the last one that it tried itself, in this order.
func (w Wiring) Upgrades() []UpgradeRecord {
	r := &w.app.registry
	r.mu.Lock()
	from := r.upgrades
	r.mu.Unlock()
	if from == nil {
		return nil
	}
	return from()
}

// WithDraining returns a context with which Draining works: for servers, as
// the parent of every request's context.
func (w Wiring) WithDraining(ctx context.Context) context.Context {
	return context.WithValue(ctx, drainKey{}, (<-chan struct{})(w.app.draining))
}

// BeforeDraining makes a stop call fn before it closes the channel of Draining, so
// that a response which a handler then gives can already say goodbye. It is for the
// server of that name, and is not called while another server still calls that one
// ([Calls]). fn must not block; it runs even if the server never started.
func (w Wiring) BeforeDraining(server string, fn func()) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.beforeDraining[server] = fn
}

// AddInFlight registers a function that returns at most the given number of a
// server's requests, the oldest ones. It may be called from any goroutine and every
// second: it must be cheap and must not block.
func (w Wiring) AddInFlight(oldest func(most int) []InFlight) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight = append(r.inFlight[:len(r.inFlight):len(r.inFlight)], oldest)
}

// InFlight returns the oldest requests of all servers, at most the given number,
// the oldest first. A registered function that panics contributes none.
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

// RequestTime returns how long a request may take that is in flight when a stop
// closes the listeners, and the whole time of the stop, both as configured now and
// with the present members. requests is 0 if there is no server of requests.
func (w Wiring) RequestTime() (requests, whole time.Duration) {
	a := w.app
	conf, _ := a.settings.stopConfig()
	b := newBudget(time.Time{}, conf)
	a.plan.mu.Lock()
	b.members, b.turns = a.plan.stopSizes(true), a.plan.turns()
	a.plan.mu.Unlock()
	if !a.registry.serves() {
		return 0, conf.Timeout
	}
	return b.requestTime(), conf.Timeout
}

// LeastRequestTime is RequestTime before members are known: as if every phase had
// some.
func (w Wiring) LeastRequestTime(c StopConfig) time.Duration {
	w.app.plan.mu.Lock()
	defer w.app.plan.mu.Unlock()
	return c.requestTime(w.app.plan.turns())
}

// Misused returns the errors of wiring so far, with which Start would fail; nil if
// there are none.
func (w Wiring) Misused() error { return w.app.plan.misused() }

// AddMetrics registers a function that returns metrics. Exporters call it from
// any goroutine and perhaps every second: it must be cheap and must not block.
func (w Wiring) AddMetrics(from func() []Metric) {
	r := &w.app.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.metrics = append(r.metrics[:len(r.metrics):len(r.metrics)], from)
}

// Metrics returns the metrics of every part, in the order in which they were
// registered. A registered function that panics contributes none.
func (w Wiring) Metrics() (all []Metric) {
	r := &w.app.registry
	r.mu.Lock()
	sources := r.metrics
	r.mu.Unlock()
	for _, from := range sources {
		all = append(all, collect(from)...)
	}
	return all
}

// RunningHooks returns the functions of the plan that run now, the oldest first.
// It is empty while the process is ready.
func (w Wiring) RunningHooks() []RunningHook { return w.app.history.runningHooks() }

// Commands returns what Do can do, by name.
func (w Wiring) Commands() (all []CommandInfo) {
	cs := &w.app.commands
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(cs.infos)) {
		all = append(all, cs.infos[name])
	}
	return all
}

// CheckHandled returns nil if c has a handler, and otherwise the error with which
// Do would refuse it.
func (w Wiring) CheckHandled(c Command) error {
	_, err := w.app.commands.handler(c)
	return err
}

// SetRefusalDetail makes fn supply the Detail of refusals of c that have none,
// usually because the handler did not run: so every caller gets the same kind of
// value. fn must not block, and may be called from several goroutines at once. It
// is for the module that handles c; of two calls the later one counts.
func (w Wiring) SetRefusalDetail(c Command, fn func(r Request, why error) any) {
	cs := &w.app.commands
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.refusals[c] = fn
}

// Refuse answers a request that must not even reach Do, such as one that a hook of
// the application has vetoed. Every observer of answers, such as the service
// manager's, gets the answer as if Do had refused. why must not be nil. Refuse
// waits as Observe says.
func (w Wiring) Refuse(r Request, why error) Answer {
	ans, _ := w.app.answer(r, time.Now(), Answer{Outcome: OutcomeRefused}, why)
	return ans
}
