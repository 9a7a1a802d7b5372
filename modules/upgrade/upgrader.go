package upgrade

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
)

// Upgrader replaces this process by a successor. In a successor it is the other
// side of that as well. Its methods may be called by several goroutines at once, at
// any time.
type Upgrader struct {
	app         *app.App
	config      func() Config
	sockets     *Sockets
	predecessor *predecessor // nil: there is none
	pid         *pidFile
	initial     *process.Initial
	getpid      func() int
	onStep      func(string) // for tests: called at every step of either side

	following sync.WaitGroup // follow and reportDrain
	leaving   chan struct{}  // closed when this process sends nothing more

	mu        sync.Mutex // guards everything below
	phase     Phase
	last      *Result
	backoff   backoff
	successor *successor    // the one that has taken over
	handover  *handover     // to the successor
	trying    *successor    // of the upgrade that is going on
	ending    chan struct{} // closed when the last upgrade has ended; nil: there was none
	alone     chan struct{} // closed when it has failed and nothing else accepts from our sockets any more
}

// ErrDraining is the error of an upgrade while the predecessor is alive: it may
// still hand over connections, and the protocol has no third generation.
var ErrDraining = errors.New("the predecessor still drains")

// Sockets returns the sockets that a successor inherits. Servers get their
// listeners from it.
func (u *Upgrader) Sockets() *Sockets { return u.sockets }

// Upgrade requests app.Upgrade with app.Do and blocks for the result. When the
// error is nil, the successor is in charge and this process stops, with a
// Reason of kind app.Replaced. Otherwise nothing has changed. When ctx ends
// before the successor is in charge, the upgrade is taken back.
func (u *Upgrader) Upgrade(ctx context.Context) (Result, error) {
	ans, err := u.app.Do(ctx, app.Request{Command: app.Upgrade, By: "api"})
	r, _ := ans.Detail.(Result)
	if err != nil && r.Err == nil {
		r.Err = err
	}
	return r, err
}

// Status returns the state of upgrades in this process: whether one is going on,
// the outcome of the last one, and what the predecessor has reported at its end. It
// does not block.
func (u *Upgrader) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	s := Status{
		Generation: u.app.Generation(), Phase: u.phase, Predecessor: u.predecessor.alive(),
		Handover: u.predecessor.outcome(), Failures: u.backoff.failures,
	}
	if time.Now().Before(u.backoff.until) {
		s.RetryAt = u.backoff.until
	}
	if u.last != nil {
		last := *u.last
		if u.handover != nil {
			last.Connections = u.connections(u.handover)
		}
		s.Last = &last
	}
	return s
}

// connections returns what has become of the connections so far. Servers record in
// the report of the App how many they cut while draining, which is over when DONE
// is sent.
func (u *Upgrader) connections(h *handover) app.Connections {
	handed, back, _ := h.counts()
	return app.Connections{Handed: handed, TakenBack: back, Cut: int(u.app.Report().Counts()["cut"]), Kept: u.kept()}
}

// kept returns what became of connections in the middle of a request; nil if there
// were none.
func (u *Upgrader) kept() *app.Kept {
	var all app.Kept
	for _, m := range u.app.Wiring().Movers() {
		if m, ok := m.(app.KeptMover); ok {
			all.Add(m.Kept())
		}
	}
	if all.Moved == 0 && len(all.Stayed) == 0 {
		return nil
	}
	return &all
}

// inProgress reports whether there is, or may be, a successor that accepts.
func (u *Upgrader) inProgress() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.phase != Idle && !closed(u.alone)
}

// succeeded stores what the stop needs of the successor that takes over.
func (u *Upgrader) succeeded(by *successor, through *handover) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.successor, u.handover = by, through
}

func (u *Upgrader) enter(p Phase) {
	u.mu.Lock()
	u.phase = p
	u.mu.Unlock()
	u.onStep(string(p))
}
