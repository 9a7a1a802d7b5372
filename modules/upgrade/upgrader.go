package upgrade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// Upgrader replaces this process by a successor, and is the successor's side
// of that as well. All methods may be called by anyone at any time.
type Upgrader struct {
	app     *app.App
	config  func() Config
	sockets *Sockets
	heir    *heir // nil: this process has no predecessor
	pid     *pidFile
	origin  *origin
	getpid  func() int
	onStep  func(string) // for tests: called at every step of either side

	following sync.WaitGroup // follow

	mu     sync.Mutex // guards everything below
	phase  Phase
	last   *Result
	pause  backoff
	child  *child        // that has taken over
	ferry  *ferry        // to it
	trying *child        // of the upgrade that is going on
	ending chan struct{} // closed when the last upgrade has ended; nil: there was none
	alone  chan struct{} // closed when it has failed and nobody else accepts from our sockets any more
}

// ErrDraining refuses an upgrade as long as the predecessor is alive: it may
// still hand on connections, and three generations have nothing to say to one
// another.
var ErrDraining = errors.New("the predecessor still drains")

// New returns an Upgrader for a: it becomes the handler of app.Upgrade, and
// this process the successor of its predecessor if it has one. Only one App of
// a process can be that; it is the first. Call it before a starts.
//
// New fails if the predecessor says what this program does not understand.
func New(a *app.App, config func() Config) (*Upgrader, error) { return newUpgrader(a, config, nil) }

func newUpgrader(a *app.App, config func() Config, onStep func(string)) (*Upgrader, error) {
	if onStep == nil {
		onStep = func(string) {}
	}
	u := &Upgrader{app: a, config: config, origin: birth, getpid: os.Getpid, phase: Idle, onStep: onStep}
	u.pid = &pidFile{path: config().PIDFile}
	u.sockets = newSockets()
	u.sockets.busy = u.upgrading
	h, err := estate.take(u)
	if err != nil {
		return nil, err
	}
	u.heir, u.sockets.heir = h, h
	a.Handle(app.Upgrade, u.handle)
	a.Wiring().Succeeds(u.successions)
	a.Add(app.Hook{Name: "upgrade", StartIn: app.Observe, OnStart: u.begin, StopIn: app.Final, OnStop: u.leave})
	a.At(app.Serve, "pid file", u.takePIDFile)
	a.At(app.Announce, "upgrade", u.withdraw)
	a.At(app.Drain, "upgrade", u.tellUnbound)
	a.At(app.Tasks, "upgrade", u.finish)
	return u, nil
}

// Sockets returns where servers get their listeners from, so that a successor
// can have them.
func (u *Upgrader) Sockets() *Sockets { return u.sockets }

// Upgrade asks for app.Upgrade with app.Do and blocks for the result. When the
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

// Status tells where this process stands.
func (u *Upgrader) Status() Status {
	var handover *Connections
	if u.heir != nil {
		if f := u.heir.lastWord.Load(); f != nil {
			handover = &f.Connections
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	s := Status{
		Generation: u.app.Generation(), Phase: u.phase, Predecessor: u.heir != nil && !closed(u.heir.gone), Handover: handover,
		Failures: u.pause.failures,
	}
	if time.Now().Before(u.pause.until) {
		s.RetryAt = u.pause.until
	}
	if u.last != nil {
		last := *u.last
		if u.ferry != nil {
			last.Connections = u.connections(u.ferry)
		}
		s.Last = &last
	}
	return s
}

// handle is the handler of app.Upgrade; the App calls it once at a time.
func (u *Upgrader) handle(ctx context.Context, req app.Request) (app.Answer, error) {
	p, err := u.ask()
	if err != nil {
		return app.Answer{Outcome: app.OutcomeRefused, Text: err.Error()}, err
	}
	ending, alone := make(chan struct{}), make(chan struct{})
	defer close(ending)
	u.mu.Lock()
	u.ending, u.alone = ending, alone
	u.mu.Unlock()

	at := &attempt{u: u, ctx: ctx, conf: u.config(), program: p, release: sync.OnceFunc(func() { close(alone) })}
	at.result = Result{By: req.By, Program: p.path, Generation: u.app.Generation() + 1, Began: time.Now()}
	err = at.run()
	r := at.result
	r.Took, r.Err = time.Since(r.Began), err

	u.mu.Lock()
	u.last = &r
	if err != nil {
		u.phase = Idle
		u.pause.failed(p, err, time.Now())
	}
	u.mu.Unlock()
	ans := app.Answer{Text: r.String(), Detail: r}
	if err == nil {
		u.app.Wiring().Commit(r.PID)
	}
	return ans, err
}

// ask returns what would be started, or why no upgrade is possible.
func (u *Upgrader) ask() (program, error) {
	if !supported {
		return program{}, fmt.Errorf("this system cannot pass sockets to a new process; stop and start instead: %w", errors.ErrUnsupported)
	}
	if u.getpid() == 1 {
		return program{}, fmt.Errorf("this is process 1 of a container, whose end would end the container: roll the pod, or start a new container, instead: %w", errors.ErrUnsupported)
	}
	if u.heir != nil && !closed(u.heir.gone) {
		return program{}, fmt.Errorf("generation %d cannot be replaced yet: %w; ask again when it has ended", u.app.Generation(), ErrDraining)
	}
	p, err := u.origin.find()
	if err != nil {
		return program{}, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return p, u.pause.allows(p, time.Now())
}

// upgrading tells whether there is, or may be, a successor that accepts.
func (u *Upgrader) upgrading() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.phase != Idle && !closed(u.alone)
}

func (u *Upgrader) enter(p Phase) {
	u.mu.Lock()
	u.phase = p
	u.mu.Unlock()
	u.onStep(string(p))
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
