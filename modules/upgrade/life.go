package upgrade

import (
	"context"
	"errors"

	"github.com/gracefulfx/graceful/app"
)

// What the Upgrader does in the plan of its App.

// begin listens to the predecessor. A process that is only asked to check its
// configuration has done so by being constructed.
func (u *Upgrader) begin(context.Context) error {
	if u.heir == nil {
		return nil
	}
	go u.heir.listen()
	u.following.Go(u.follow)
	if u.heir.hello.Check {
		u.heir.tell(checkedMsg, nil)
		u.app.Stop(app.Reason{Kind: app.Requested, By: "predecessor", Text: "only asked to check the configuration"})
	}
	return nil
}

// takePIDFile writes the PID file of a process that has no predecessor. A
// successor does it when it takes over; that it can is checked here, because
// then connections have moved already.
func (u *Upgrader) takePIDFile(context.Context) error {
	if u.heir != nil && !u.heir.serves() {
		return u.pid.check()
	}
	return u.pid.own()
}

// follow tells the predecessor how far this process has come, until it stops.
// It does not observe events: a log that nobody reads would keep them back.
func (u *Upgrader) follow() {
	select {
	case <-u.app.Ready():
		u.sockets.settle()
		u.heir.ready()
		<-u.app.Stopping()
	case <-u.app.Stopping():
	}
	u.heir.failed(u.app.Reason())
}

// withdraw waits until a successor that the stop has come before does not accept
// any more. If this process left its sockets first, the system would go on
// taking connections in for one that nobody serves.
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

// tellUnbound lets a predecessor that goes on, or stops, have the sockets for
// itself: every listener of this process is closed by now.
func (u *Upgrader) tellUnbound(context.Context) error {
	if u.heir != nil && !u.heir.is(incharge) {
		u.heir.tell(unboundMsg, nil)
	}
	return nil
}

func (u *Upgrader) killTrying() {
	u.mu.Lock()
	trying := u.trying
	u.mu.Unlock()
	if trying != nil {
		trying.kill()
	}
}

// finish waits for an upgrade that the stop has interrupted to be taken back,
// so that no process is left behind; or, after one, tells the successor that
// nothing follows any more.
func (u *Upgrader) finish(ctx context.Context) error {
	u.mu.Lock()
	ending, child, ferry := u.ending, u.child, u.ferry
	u.mu.Unlock()
	if ending != nil {
		select {
		case <-ending:
		case <-ctx.Done(): // it gets no more time than we have
			u.killTrying()
			<-ending
		}
	}
	if ferry == nil {
		return nil
	}
	ferry.close()
	f := u.farewell(ferry)
	app.Count(ctx, "handed", int64(f.Handed))
	app.Count(ctx, "taken_back", int64(f.TakenBack))
	_ = child.line.send(doneMsg, 0, f) // that nothing follows the end of the line says, too
	return nil
}

// connections returns what has become of them so far. Servers count in the
// report of the App what they cut as they drain, which is over when DONE is sent.
func (u *Upgrader) connections(to *ferry) Connections {
	handed, back, _ := to.counts()
	return Connections{Handed: handed, TakenBack: back, Cut: int(u.app.Report().Counts()["cut"])}
}

// leave gives back what belongs to the generation in charge, and hangs up.
func (u *Upgrader) leave(ctx context.Context) error {
	u.mu.Lock()
	child := u.child
	u.mu.Unlock()
	var err error
	switch {
	case child != nil:
		err = u.pid.disown() // should the successor have one elsewhere
		child.line.close()   // the successor is alone from now on
		<-child.lost
	case u.heir == nil || u.heir.is(incharge):
		err = errors.Join(u.pid.disown(), u.sockets.unlink())
	}
	if u.heir != nil {
		u.following.Wait()
		u.heir.close()
	}
	u.sockets.close()
	return err
}
