package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Stop begins the stop and returns at once. The way down runs on another goroutine;
// if the start is not over, it is cancelled, and the way down runs on the goroutine
// of Start. Stop may be called any number of times, in any state, from hooks and
// tasks as well. The first call wins and returns true; the reasons of later calls
// are only recorded. Use Wait or Done for the end.
func (a *App) Stop(r Reason) (first bool) {
	now := time.Now()
	reason := &r
	reason.complete(now)

	a.plan.mu.Lock()
	if a.plan.reason != nil {
		a.plan.also = append(a.plan.also, reason)
		a.plan.mu.Unlock()
		a.post(StopRequested{Reason: reason})
		return false
	}
	a.plan.reason, a.plan.stopAt = reason, now
	close(a.stopping)
	state, cancelStart := a.plan.state, a.plan.cancelStart
	var events []Event
	if state == StateNew || state == StateReady {
		events = a.plan.enter(StateDraining)
	}
	a.plan.mu.Unlock()

	// In order, but without waiting: Stop returns at once.
	a.post(StopRequested{Reason: reason, First: true})
	for _, e := range events {
		a.post(e)
	}
	if state == StateStarting {
		cancelStart(reason)
	} else {
		go a.runDown()
	}
	a.registry.stopFx(reason.Code)
	return true
}

// Hurry cuts short the waiting of a stop: Announce, LameDuck and Drain end now, and
// the phases after them keep their reserves. Once Tasks has begun there is nothing
// to cut. A second stop signal calls it. If no stop has begun, Hurry begins one. It
// does not block; a second call changes nothing.
func (a *App) Hurry(r Reason) {
	if a.Stop(r) {
		return
	}
	r.complete(time.Now())
	if a.clock.cutShort(&r) {
		close(a.hurried)
	}
}

// StopWait is Stop for callers that have a context and wait for the end, such as
// fx's Stop. The plan shrinks to a nearer deadline of ctx, less a reserve for the
// report; a ctx that is cancelled before its deadline hurries the plan. StopWait
// blocks until the plan is over, so hooks, tasks and observers must not call it. It
// returns what was not clean, or nil if an exit code other than 0 already says so:
// fx's Run would replace that code by 1.
func (a *App) StopWait(ctx context.Context) error {
	if a.Reason() == nil {
		a.registry.explainFxStop()
	}
	a.stopUnlessStopping(Reason{Kind: Requested, By: "fx", Text: "Stop called"})
	if d, ok := ctx.Deadline(); ok {
		a.clock.shrink(d.Add(-margin(time.Until(d))))
	}
	select {
	case <-a.done:
	case <-ctx.Done():
		a.Hurry(Reason{Kind: Requested, By: "fx", Text: "the context given to Stop has ended", Err: context.Cause(ctx)})
		<-a.done
	}
	if a.Reason().Code != 0 {
		return nil
	}
	return a.endError()
}

func (a *App) stopUnlessStopping(r Reason) {
	if a.Reason() == nil {
		a.Stop(r)
	}
}

// Wait blocks until the plan is over or ctx ends, and returns the report, with
// everything that was not clean as one error. A hook or a task of the plan must not
// call it: it would wait for itself.
func (a *App) Wait(ctx context.Context) (Report, error) {
	if closed(a.done) { // also if ctx has ended as well
		return a.Report(), a.endError()
	}
	select {
	case <-a.done:
		return a.Report(), a.endError()
	case <-ctx.Done():
		return a.Report(), fmt.Errorf("wait for the end of %s: %w", a.name, context.Cause(ctx))
	}
}

// endError joins the failed reason and what was not clean on the way down. It is
// called after the end.
func (a *App) endError() error {
	if r := a.Reason(); r != nil && r.Failed() {
		return errors.Join(r, a.unclean())
	}
	return a.unclean()
}

// unclean joins what was not clean on the way down: steps, and tasks or
// servers that failed during it.
func (a *App) unclean() error {
	r := a.Report()
	var errs []error
	for _, also := range r.Also {
		if also.Failed() {
			errs = append(errs, also)
		}
	}
	for _, s := range r.Steps {
		if s.unclean() {
			errs = append(errs, fmt.Errorf("%s %s: %w", map[string]string{"up": "start", "down": "stop"}[s.Way], s.Name, s.Err))
		}
	}
	return errors.Join(errs...)
}

// StopDeadline returns when the stop that has begun must be over, or the zero time
// if none has begun. It can move nearer.
func (a *App) StopDeadline() time.Time { return a.clock.deadline() }

// RequestDeadline returns when the contexts of requests in flight will be
// cancelled, or the zero time if no stop has begun or the phase Drain is over. It
// can move nearer, and while the process is a lame duck it is an estimate.
func (a *App) RequestDeadline() time.Time { return a.clock.requestDeadline() }
