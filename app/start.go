package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Start runs the way up and blocks until everything has started, or until what had
// started is stopped again. It returns
//
//   - nil when the state is Ready;
//   - nil as well when a Stop ended the start and the way down was clean: Done
//     is closed then, and fx has the exit code, so that its Run
//     exits 0 for SIGTERM. Where the difference matters, look at State;
//   - the first cause when a hook failed, panicked or took too long, joined
//     with the failures of the stop that followed;
//   - ErrStarted or ErrStopped, wrapped, when it is not the first call.
//
// The time is StartConfig.Timeout. If ctx has a nearer deadline, the start ends
// early enough to roll back within it. The rollback does not use ctx. The first
// call starts; any other fails.
func (a *App) Start(ctx context.Context) error {
	begun := time.Now()
	sctx, cancel, err := a.beginStart(ctx, begun)
	if err != nil || sctx == nil {
		return err
	}
	defer cancel(nil)

	failed := a.runUp(sctx)
	a.history.started(time.Since(begun))
	a.plan.mu.Lock()
	if failed == nil {
		failed = errors.Join(a.plan.misuses...) // including late ones
	}
	if failed == nil && a.plan.reason == nil {
		a.clock.setCallerDeadline(time.Time{}) // it was for the start
		events := a.plan.enter(StateReady)
		close(a.ready)
		a.plan.mu.Unlock()
		a.emitAll(events)
		return nil
	}
	first := a.plan.reason == nil
	if first {
		r := &Reason{Kind: StartFailed, By: "start", Err: failed}
		r.complete(time.Now())
		a.plan.reason, a.plan.stopAt = r, r.At
		close(a.stopping)
	}
	reason := a.plan.reason
	a.plan.mu.Unlock()
	if first {
		a.emit(StopRequested{Reason: reason, First: true})
	}
	a.runDown()
	if !first { // a Stop came first; what failed on the way is in the report
		return a.endError()
	}
	return errors.Join(failed, a.unclean())
}

// beginStart enters Starting and returns the context of the way up. A nil context
// means that there is nothing left to start.
func (a *App) beginStart(ctx context.Context, now time.Time) (context.Context, context.CancelCauseFunc, error) {
	conf, warn := a.settings.startConfig()
	stop, warnStop := a.settings.stopConfig()
	a.plan.mu.Lock()
	switch {
	case a.plan.state == StateNew:
	case a.plan.upIndex < 0: // stopped before the start
		a.plan.mu.Unlock()
		<-a.done
		if code := a.Reason().Code; code != 0 {
			return nil, nil, fmt.Errorf("stopped before the start: %w", a.Reason())
		}
		return nil, nil, a.endError()
	case a.plan.state <= StateReady:
		defer a.plan.mu.Unlock()
		return nil, nil, fmt.Errorf("%s is %v: %w", a.name, a.plan.state, ErrStarted)
	default:
		defer a.plan.mu.Unlock()
		return nil, nil, fmt.Errorf("%s is %v: %w; build a new one", a.name, a.plan.state, ErrStopped)
	}
	a.plan.upIndex = 0
	events := a.plan.enter(StateStarting)
	b := newBudget(now, stop)
	b.members, b.turns = a.plan.stopSizes(true), a.plan.turns()
	if d, ok := ctx.Deadline(); ok {
		a.clock.setCallerDeadline(d.Add(-margin(d.Sub(now))))
	}
	deadline, cause := startDeadline(ctx, now, conf.Timeout, stop.Timeout)
	dctx, stopTimer := context.WithDeadlineCause(ctx, deadline, cause)
	sctx, cancel := context.WithCancelCause(dctx)
	a.plan.cancelStart = cancel
	a.plan.mu.Unlock()

	a.emitAll(events)
	a.warn(warn, warnStop)
	a.warn(b.warnings()...)
	return sctx, func(err error) { cancel(err); stopTimer() }, nil
}

// startDeadline returns when the start must be over, and the error of a start that
// takes longer. At most one third of a caller's time is kept for the rollback.
func startDeadline(ctx context.Context, now time.Time, start, stop time.Duration) (time.Time, error) {
	own := now.Add(start)
	if d, ok := ctx.Deadline(); ok {
		if early := d.Add(-min(d.Sub(now)/3, stop)); early.Before(own) {
			return early, fmt.Errorf("the start took longer than %v, the caller's deadline less the time to roll back", early.Sub(now).Round(time.Millisecond))
		}
	}
	return own, fmt.Errorf("the start took longer than %v (start.timeout)", start)
}

// runUp runs the phases of the start. It returns nil when all ran or when a
// Stop ended it, else the first failure.
func (a *App) runUp(ctx context.Context) error {
	if err := errors.Join(a.plan.misused(), a.plan.unordered()); err != nil {
		return err
	}
	for _, p := range upPhases {
		for m := a.plan.nextUp(p); m != nil; m = a.plan.nextUp(p) {
			if ctx.Err() != nil {
				return startCause(ctx, nil)
			}
			if err := a.startMember(ctx, p, m); err != nil {
				return errors.Join(startCause(ctx, err), a.plan.misused())
			}
		}
	}
	if ctx.Err() != nil { // the last one returned, but too late
		return startCause(ctx, nil)
	}
	return nil
}

func (a *App) startMember(ctx context.Context, p Phase, m *member) error {
	if m.OnStart != nil {
		ctx, cancel := capped(ctx, m.Timeout)
		s := a.record(ctx, "up", p, m, m.OnStart, a.startGrace)
		cancel()
		if s.Outcome != OutcomeDone {
			return fmt.Errorf("%s: %w", m.label(), s.Err)
		}
	}
	a.plan.markStarted(m)
	return nil
}

// startCause turns the error of a hook into the error of the start: nil if a Stop
// ended the start, and the timeout first if that did.
func startCause(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	var r *Reason
	switch {
	case cause == nil:
		return err
	case errors.As(cause, &r):
		return nil
	case err == nil || errors.Is(err, cause):
		return cause
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// startGrace is how long a start hook may go on after the start was cancelled, to
// undo what it has begun: half of the time of a stop, since nothing is served yet
// and nothing has to be drained.
func (a *App) startGrace() time.Duration {
	conf, _ := a.settings.stopConfig()
	grace := conf.Timeout / 2
	if left, ok := a.clock.leftOfCaller(); ok {
		grace = min(grace, left/2)
	}
	return grace
}

func (m *member) label() string {
	if m.source == "" {
		return m.Name
	}
	return m.Name + " (" + m.source + ")"
}
