package upgrade

import (
	"context"
	"errors"
	"os"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// What the Upgrader does in the plan of its App.

// New returns an Upgrader for a. It becomes the handler of app.Upgrade and, if the
// process has a predecessor, takes over from it; only the first App of a process
// can do that. Call New before a starts. It waits, for 20 seconds at most, for what
// the predecessor sends first.
//
// New fails if it does not understand the predecessor.
func New(a *app.App, config func() Config) (*Upgrader, error) { return newUpgrader(a, config, nil) }

func newUpgrader(a *app.App, config func() Config, onStep func(string)) (*Upgrader, error) {
	if onStep == nil {
		onStep = func(string) {}
	}
	u := &Upgrader{app: a, config: config, initial: process.AtStart(), getpid: os.Getpid, phase: Idle, onStep: onStep, leaving: make(chan struct{})}
	u.pid = &pidFile{path: config().PIDFile}
	u.sockets = newSockets()
	p := &predecessor{app: a, sockets: u.sockets, handed: &handedSet{}, pid: u.pid, onStep: onStep}
	var err error
	if u.predecessor, err = fromPredecessor.take(p); err != nil {
		return nil, err
	}
	if u.predecessor != nil {
		u.sockets.handed = p.handed
	}
	u.sockets.shared = func() bool { return u.inProgress() || u.predecessor.alive() }
	a.Handle(app.Upgrade, u.handle, app.About("hand over to a new process"))
	a.Wiring().SetUpgrades(u.history)
	a.Add(app.Hook{Name: "upgrade", StartIn: app.Observability, OnStart: u.begin, StopIn: app.Final, OnStop: u.leave})
	a.At(app.Serve, "pid file", u.takePIDFile)
	a.At(app.Announce, "upgrade", u.withdraw)
	a.At(app.Drain, "upgrade", u.sayUnbound)
	a.At(app.Tasks, "upgrade", u.finish)
	return u, nil
}

// begin listens to the predecessor. A process that is only to check its
// configuration has done so by being constructed.
func (u *Upgrader) begin(context.Context) error {
	p := u.predecessor
	if p == nil {
		return nil
	}
	go p.listen()
	u.following.Go(u.follow)
	if p.hello.Check {
		p.send(wire.Checked, nil)
		u.app.Stop(app.Reason{Kind: app.Requested, By: "predecessor", Text: "only asked to check the configuration"})
	}
	return nil
}

// takePIDFile writes the PID file of a process that has no predecessor. A successor
// writes it when it takes over, after connections have moved; so whether it can is
// checked here.
func (u *Upgrader) takePIDFile(context.Context) error {
	if u.predecessor != nil && !u.predecessor.serves() {
		return u.pid.check()
	}
	return u.pid.own()
}

// follow reports to the predecessor how far this process has come, until it stops.
// It does not observe events: a log that nothing reads would hold them up.
func (u *Upgrader) follow() {
	select {
	case <-u.app.Ready():
		u.sockets.closeUnclaimed()
		u.predecessor.ready()
		<-u.app.Stopping()
	case <-u.app.Stopping():
	}
	u.predecessor.failed(u.app.Reason())
}

// withdraw runs at the beginning of a stop. A stop that overtakes an upgrade waits
// here until the new process no longer accepts. If this process left its sockets
// first, the kernel would go on accepting connections that nothing serves.
func (u *Upgrader) withdraw(ctx context.Context) error {
	u.mu.Lock()
	ending, alone := u.ending, u.alone
	u.mu.Unlock()
	if ending == nil {
		return nil
	}
	select {
	case <-alone:
	case <-ending:
	case <-ctx.Done():
		u.killTrying()
		select {
		case <-alone:
		case <-ending:
		}
	}
	return nil
}

// sayUnbound reports to a predecessor that goes on, or stops, that it has the
// sockets for itself: every listener of this process is closed by now. From here on
// a successor is sent what this process waits for.
func (u *Upgrader) sayUnbound(context.Context) error {
	if r := u.app.Reason(); r != nil && r.Kind == app.Replaced {
		u.following.Go(u.reportDrain)
	}
	if u.predecessor != nil && !u.predecessor.is(inCharge) {
		u.predecessor.send(wire.Unbound, nil)
	}
	return nil
}

// killTrying ends a successor that has no time left to take over. One that has done
// so is the service.
func (u *Upgrader) killTrying() {
	if u.app.Reason().Kind == app.Replaced {
		return
	}
	u.mu.Lock()
	trying := u.trying
	u.mu.Unlock()
	if trying != nil {
		trying.proc.Kill()
	}
}

// finish waits until an upgrade that the stop has interrupted is taken back, so
// that no process is left behind. After a completed upgrade it sends the successor
// word that no more connections follow.
func (u *Upgrader) finish(ctx context.Context) error {
	u.mu.Lock()
	ending := u.ending
	u.mu.Unlock()
	if ending != nil {
		select {
		case <-ending:
		case <-ctx.Done(): // the successor gets no more time than this process has
			u.killTrying()
			<-ending
		}
	}
	u.mu.Lock() // only now: an upgrade that has failed is to have taken them back
	successor, handover := u.successor, u.handover
	u.mu.Unlock()
	if handover == nil {
		return nil
	}
	handover.close()
	d := u.doneBody(handover)
	app.Count(ctx, "handed", int64(d.Handed))
	app.Count(ctx, "taken_back", int64(d.TakenBack))
	if k := d.Kept; k != nil {
		app.Count(ctx, "kept", int64(k.Moved))
		app.Count(ctx, "kept_pause_ms", k.Pause.Milliseconds())
		for reason, n := range k.Stayed {
			app.Count(ctx, "kept_stayed_"+reason, int64(n))
		}
	}
	_ = successor.conn.Send(wire.Done, 0, d) // if it fails, the end of the connection says the same
	return nil
}

// leave gives up what belongs to the generation in charge, and hangs up.
func (u *Upgrader) leave(context.Context) error {
	u.mu.Lock()
	successor := u.successor
	u.mu.Unlock()
	close(u.leaving)
	var err error
	switch {
	case successor != nil:
		err = u.pid.disown() // should the successor have one elsewhere
		u.sendHistories(successor)
		successor.conn.Close() // it is alone from now on
		<-successor.lost
	case u.predecessor == nil || u.predecessor.is(inCharge):
		err = errors.Join(u.pid.disown(), u.sockets.unlink())
	}
	u.following.Wait()
	if u.predecessor != nil {
		u.predecessor.close()
	}
	u.sockets.close()
	return err
}
