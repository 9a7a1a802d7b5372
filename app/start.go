package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Start runs the way up and blocks until everything has started or what had
// started is stopped again. It returns
//
//   - nil when the state is Ready;
//   - nil as well when a Stop ended the start and the way down was clean: Done
//     is closed then, and fx has been told the exit code, so that its Run
//     exits 0 for SIGTERM. Where the difference matters, look at State;
//   - the first cause when a hook failed, panicked or took too long, joined
//     with whatever failed while what had started was stopped again;
//   - ErrStarted or ErrStopped, wrapped, when it is not the first call.
//
// The time is StartConfig.Timeout. If ctx has a nearer deadline the start
// ends early enough to roll back within it. The rollback does not use ctx.
func (a *App) Start(ctx context.Context) error {
	begun := time.Now()
	sctx, cancel, err := a.beginStart(ctx, begun)
	if err != nil || sctx == nil {
		return err
	}
	defer cancel(nil)

	failed := a.wayUp(sctx)
	a.mu.Lock()
	a.up = time.Since(begun)
	if failed == nil {
		failed = errors.Join(a.misuses...) // also of the last moment
	}
	if failed == nil && a.reason == nil {
		a.limit = time.Time{} // the caller's deadline was for the start
		events := a.enter(StateReady)
		close(a.ready)
		a.mu.Unlock()
		a.emitAll(events)
		return nil
	}
	first := a.reason == nil
	if first {
		a.reason = &Reason{Kind: StartFailed, By: "start", Err: failed}
		a.reason.settle(time.Now())
		a.stopAt = a.reason.At
		close(a.stopping)
	}
	reason := a.reason
	a.mu.Unlock()
	if first {
		a.emit(StopRequested{Reason: reason, First: true})
	}
	a.wayDown()
	if !first { // somebody wanted the end; what failed on the way is in the report
		return a.verdict()
	}
	return errors.Join(failed, a.unclean())
}

// beginStart enters Starting and returns the context of the way up. A nil
// context means that there is nothing to start any more.
func (a *App) beginStart(ctx context.Context, now time.Time) (context.Context, context.CancelCauseFunc, error) {
	startConf, stopConf := a.settings() // functions of others, so not under the lock
	conf, warn := validOr(startConf(), DefaultStart())
	stop, warnStop := validOr(stopConf(), DefaultStop())
	a.mu.Lock()
	switch {
	case a.state == StateNew:
	case a.turn < 0: // stopped before the start
		a.mu.Unlock()
		<-a.done
		if code := a.Reason().Code; code != 0 {
			return nil, nil, fmt.Errorf("stopped before the start: %w", a.Reason())
		}
		return nil, nil, a.verdict()
	case a.state <= StateReady:
		defer a.mu.Unlock()
		return nil, nil, fmt.Errorf("%s is %v: %w", a.name, a.state, ErrStarted)
	default:
		defer a.mu.Unlock()
		return nil, nil, fmt.Errorf("%s is %v: %w; build a new one", a.name, a.state, ErrStopped)
	}
	a.turn = 0
	events := a.enter(StateStarting)
	b := newBudget(now, stop)
	for _, m := range a.members {
		b.members[m.StopIn]++
	}
	if d, ok := ctx.Deadline(); ok {
		a.limit = d.Add(-margin(d.Sub(now)))
	}
	deadline, cause := startDeadline(ctx, now, conf.Timeout, stop.Timeout)
	dctx, stopTimer := context.WithDeadlineCause(ctx, deadline, cause)
	sctx, cancel := context.WithCancelCause(dctx)
	a.cancelStart = cancel
	a.mu.Unlock()

	a.emitAll(events)
	a.warn(warn, warnStop)
	a.warn(b.fits()...)
	return sctx, func(err error) { cancel(err); stopTimer() }, nil
}

// startDeadline returns when the start must be over, and the error of one that
// is not. Of a caller's time, one third at most is kept for the rollback.
func startDeadline(ctx context.Context, now time.Time, start, stop time.Duration) (time.Time, error) {
	own := now.Add(start)
	if d, ok := ctx.Deadline(); ok {
		if early := d.Add(-min(d.Sub(now)/3, stop)); early.Before(own) {
			return early, fmt.Errorf("the start took longer than %v, the caller's deadline less the time to roll back", early.Sub(now).Round(time.Millisecond))
		}
	}
	return own, fmt.Errorf("the start took longer than %v (start.timeout)", start)
}

// wayUp runs the phases of the start. It returns nil when all ran or when a
// Stop ended it, else the first failure.
func (a *App) wayUp(ctx context.Context) error {
	if err := a.misused(); err != nil {
		return err
	}
	for _, p := range wayUp {
		for {
			m := a.nextUp(p)
			if m == nil {
				break
			}
			if ctx.Err() != nil {
				return a.startCause(ctx, nil)
			}
			if m.OnStart == nil {
				a.markStarted(m)
				continue
			}
			hctx, cancel := ctx, context.CancelFunc(func() {})
			if m.Timeout > 0 {
				hctx, cancel = context.WithTimeoutCause(ctx, m.Timeout, fmt.Errorf("over its own timeout of %v", m.Timeout))
			}
			s := a.record(hctx, "up", p, m, m.OnStart, a.startGrace)
			cancel()
			if s.Outcome == OutcomeDone {
				a.markStarted(m)
				continue
			}
			return errors.Join(a.startCause(ctx, fmt.Errorf("%s: %w", m.label(), s.Err)), a.misused())
		}
	}
	if ctx.Err() != nil { // the last one returned, but too late
		return a.startCause(ctx, nil)
	}
	return nil
}

func (a *App) misused() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return errors.Join(a.misuses...)
}

// startCause turns the error of a hook into the error of the start: nothing
// if a Stop ended it, and the timeout first if that did.
func (a *App) startCause(ctx context.Context, err error) error {
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

// nextUp returns the next member whose turn it is in phase p, or nil when p is
// over; from then on it is too late to join p.
func (a *App) nextUp(p Phase) *member {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.members {
		if m.StartIn == p && !m.tried {
			m.tried = true
			return m
		}
	}
	a.turn++
	return nil
}

func (a *App) markStarted(m *member) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m.started = true
}

// passed tells whether the turn of p on the way up is over. Called with a.mu
// held.
func (a *App) passed(p Phase) bool {
	for i := range min(max(a.turn, 0), len(wayUp)) {
		if wayUp[i] == p {
			return true
		}
	}
	return false
}

// startGrace is how long a start hook may go on after the start was cancelled,
// to undo what it has begun: half of the time of a stop, since nothing is
// served yet that would have to be drained in it.
func (a *App) startGrace() time.Duration {
	_, stopConf := a.settings()
	conf, _ := validOr(stopConf(), DefaultStop())
	grace := conf.Timeout / 2
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.limit.IsZero() {
		grace = min(grace, max(time.Until(a.limit), 0)/2)
	}
	return grace
}

func (m *member) label() string {
	if m.source == "" {
		return m.Name
	}
	return m.Name + " (" + m.source + ")"
}

func (a *App) warn(warnings ...error) {
	for _, err := range warnings {
		if err != nil {
			a.emit(Warned{Text: "settings", Err: err})
		}
	}
}
