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

func (u *Upgrader) observe(e app.Event) {
	switch e := e.(type) {
	case app.StateChanged:
		if e.To == app.StateReady {
			u.sockets.settle()
			if u.heir != nil {
				u.heir.ready()
			}
		}
	case app.StopRequested:
		if e.First && u.heir != nil {
			u.heir.failed(e.Reason)
		}
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
			u.mu.Lock()
			trying := u.trying
			u.mu.Unlock()
			if trying != nil {
				trying.kill()
			}
			<-ending
		}
	}
	if ferry == nil {
		return nil
	}
	ferry.close()
	handed, back, _ := ferry.counts()
	app.Count(ctx, "handed", int64(handed))
	app.Count(ctx, "taken_back", int64(back))
	_ = child.line.send(doneMsg, 0, nil) // the end of the line says it too
	return nil
}

// leave gives back what belongs to the generation in charge, and hangs up.
func (u *Upgrader) leave(ctx context.Context) error {
	u.mu.Lock()
	child := u.child
	u.mu.Unlock()
	var err error
	switch {
	case child != nil:
		child.line.close() // the successor is alone from now on
		<-child.lost
	case u.heir == nil || u.heir.is(incharge):
		err = errors.Join(u.pid.disown(), u.sockets.unlink())
	}
	if u.heir != nil {
		u.heir.close()
	}
	u.sockets.close()
	return err
}
