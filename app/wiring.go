package app

import (
	"errors"
	"maps"
	"time"
)

// Wiring is what modules of the framework tell the App and one another through
// it. Applications have no use for it; authors of servers that move their
// connections and of modules that replace one of ours have. Its methods may be
// called by anyone at any time and do not block.
type Wiring struct{ app *App }

// Wiring returns the side of the App that modules are joined by.
func (a *App) Wiring() Wiring { return Wiring{a} }

// Configure sets where the settings come from. Start reads its own when it
// begins, a stop when it begins: a reload in between takes effect. A setting
// that does not validate is replaced by the default, with a warning event.
// A nil function keeps what is set.
func (w Wiring) Configure(start func() StartConfig, stop func() StopConfig) {
	a := w.app
	a.mu.Lock()
	defer a.mu.Unlock()
	if start != nil {
		a.startConf = start
	}
	if stop != nil {
		a.stopConf = stop
	}
}

// BeforeFxStop registers fn to be called before fx's Stop begins a stop without
// a reason. A module that knows the reason, such as a signal that has arrived
// but was not handled yet, calls Stop in fn. fn must not block.
func (w Wiring) BeforeFxStop(fn func()) {
	a := w.app
	if fn == nil {
		a.misuse(errors.New("a nil function was given to BeforeFxStop"))
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.beforeFxStop = append(a.beforeFxStop, fn)
}

// Refuse answers a request that must not even reach Do, such as one that a
// hook of the user's has vetoed: everyone who waits for the answer to r, the
// service manager for one, gets it as if Do had refused. why is not nil.
func (w Wiring) Refuse(r Request, why error) Answer {
	a := w.app
	ans, _ := a.answer(r, time.Now(), Answer{Outcome: OutcomeRefused}, why)
	return ans
}

// SetRefusalDetail makes fn give the Detail of answers to c that were refused and have
// none, usually because the handler was not asked: so everyone gets the same kind
// of value, whatever comes of it. fn must not block, and may be called by several
// at once. It is for the module that handles c; of two calls the later one counts.
func (w Wiring) SetRefusalDetail(c Command, fn func(r Request, why error) any) {
	a := w.app
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refusals[c] = fn
}

// CheckHandled returns nil if c has a handler, and else the error with which Do
// would refuse it.
func (w Wiring) CheckHandled(c Command) error {
	a := w.app
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err := a.handlerLocked(c)
	return err
}

// SetGeneration records that this process is the given generation, 2 or more, and
// that its predecessor is alive until gone is closed; tasks with Exclusive wait
// for that. The module that took over from the predecessor calls it before Start.
func (w Wiring) SetGeneration(generation int, gone <-chan struct{}) {
	a := w.app
	a.mu.Lock()
	defer a.mu.Unlock()
	a.generation, a.alone = generation, gone
}

// Commit tells everyone that the successor with this process id has taken over
// for good; the stop with a Reason of kind Replaced has begun. It is for the
// module that carries out upgrades.
func (w Wiring) Commit(pid int) { w.app.emit(SuccessorCommitted{PID: pid}) }

// AddMover registers the server as one whose connections can move.
func (w Wiring) AddMover(server string, m Mover) {
	a := w.app
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.movers == nil {
		a.movers = map[string]Mover{}
	}
	a.movers[server] = m
}

// Movers returns the servers whose connections can move, by name.
func (w Wiring) Movers() map[string]Mover {
	a := w.app
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.movers)
}
