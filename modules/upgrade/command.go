package upgrade

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
)

// handle is the handler of app.Upgrade; the App runs one call at a time.
func (u *Upgrader) handle(ctx context.Context, req app.Request) (app.Answer, error) {
	p, err := u.possible()
	if err != nil {
		return app.Answer{Outcome: app.OutcomeRefused, Text: err.Error()}, err
	}
	ending, alone := make(chan struct{}), make(chan struct{})
	defer close(ending)
	u.mu.Lock()
	u.ending, u.alone = ending, alone
	u.mu.Unlock()
	if u.app.Reason() != nil { // this stop may have seen no upgrade, and wait for none
		err := fmt.Errorf("%s: %w", req.Command, app.ErrStopping)
		return app.Answer{Outcome: app.OutcomeRefused, Text: err.Error()}, err
	}

	a := &attempt{u: u, ctx: ctx, conf: u.config(), program: p, unbound: sync.OnceFunc(func() { close(alone) })}
	a.result = Result{By: req.By, Program: p.Path, Generation: u.app.Generation() + 1, Began: time.Now()}
	err = a.run()
	r := a.result
	r.Took, r.Err = time.Since(r.Began), err

	u.mu.Lock()
	u.last = &r
	if err != nil {
		u.phase = Idle
		u.backoff.failed(p, err, time.Now())
	}
	u.mu.Unlock()
	ans := app.Answer{Text: r.String(), Detail: r}
	if err == nil {
		u.app.Wiring().Commit(r.PID)
	}
	return ans, err
}

// possible returns the program that would be started, or why no upgrade is
// possible.
func (u *Upgrader) possible() (process.Program, error) {
	if !process.Supported() {
		return process.Program{}, fmt.Errorf("this system cannot pass sockets to a new process; "+
			"stop and start instead: %w", errors.ErrUnsupported)
	}
	if u.getpid() == 1 {
		return process.Program{}, fmt.Errorf("this is process 1 of a container, whose end would end the container: "+
			"start it with %s=true, or roll the pod: %w", SuperviseVariable(u.app.Name()), errors.ErrUnsupported)
	}
	if u.predecessor.alive() {
		return process.Program{}, fmt.Errorf("generation %d cannot be replaced yet: %w; try again when it has ended",
			u.app.Generation(), ErrDraining)
	}
	p, err := u.initial.Find()
	if err != nil {
		return process.Program{}, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return p, u.backoff.allows(p, time.Now())
}

// run returns nil when the successor is in charge, or else why it is not, with
// everything as it was before.
func (a *attempt) run() error {
	if a.conf.PreCheck {
		a.enter(Checking)
		if err := a.check(); err != nil {
			return fmt.Errorf("%s refuses to start: %w", a.program.Path, err)
		}
	}
	a.enter(Starting)
	if err := a.start(false); err != nil {
		return err
	}
	if err := a.untilReady(); err != nil {
		return a.takeBack(err)
	}
	a.result.Ready = time.Since(a.result.Began)
	if a.conf.Probation > 0 {
		a.enter(Probation)
		if err := a.probation(); err != nil {
			return a.takeBack(err)
		}
	}
	a.enter(Moving)
	if err := a.move(); err != nil {
		return a.takeBack(err)
	}
	a.enter(Committing)
	if err := a.commit(); err != nil {
		return a.takeBack(err)
	}
	a.enter(Replaced)
	return nil
}
