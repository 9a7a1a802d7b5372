package app

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// wayDown runs the seven phases and ends the life of the App. It is called
// once, by Stop or by Start.
func (a *App) wayDown() {
	_, stopConf := a.settings()
	conf, warn := validOr(stopConf(), DefaultStop())
	a.mu.Lock()
	b := newBudget(a.stopAt, conf)
	if !a.limit.IsZero() {
		b.shrink(a.limit)
	}
	for _, m := range a.members {
		if m.started && m.OnStop != nil {
			b.members[m.StopIn]++
		}
	}
	if a.hurry != nil {
		b.hurry(time.Now())
	}
	a.budget = b
	a.mu.Unlock()
	a.warn(warn)

	for _, p := range wayDown {
		a.phaseDown(p)
	}
	a.end()
}

// phaseDown runs the members of p. It returns when each has ended or was
// abandoned.
func (a *App) phaseDown(p Phase) {
	a.mu.Lock()
	events := a.enter(p.state())
	reason, hurried := a.reason, a.hurry != nil
	lame := a.budget.lameDuck(time.Now())
	neverReady := !closed(a.ready)
	a.mu.Unlock()
	a.emitAll(events)

	switch p {
	case Announce:
		if reason.Kind == Replaced {
			return
		}
	case LameDuck:
		if reason.Kind == Replaced || reason.interactive() || hurried || neverReady || lame == 0 {
			return
		}
	case Unbind:
		close(a.draining)
	case Tasks:
		a.endLife(reason)
	}

	members := a.takeDown(p)
	if p.inTurn() {
		a.downInTurn(p, reason, members)
		return
	}
	ctx, cancel := a.spanContext(p, reason, 0, false)
	defer cancel()
	var all sync.WaitGroup
	for _, m := range members {
		all.Go(func() {
			ctx, cancel := capped(ctx, m.Timeout)
			defer cancel()
			a.record(ctx, "down", p, m, m.OnStop, a.graceLater(p, false))
		})
	}
	all.Wait()
	if p == LameDuck {
		linger(ctx, lame)
	}
}

func (a *App) downInTurn(p Phase, reason *Reason, members []*member) {
	for i, m := range members {
		othersWait := i < len(members)-1
		ctx, cancel := a.spanContext(p, reason, m.Timeout, othersWait)
		a.record(ctx, "down", p, m, m.OnStop, a.graceLater(p, othersWait))
		cancel()
	}
}

// spanContext is the context of what runs now: of one member where they take
// turns, of all members of the phase elsewhere. Hurry and shrink end it early.
func (a *App) spanContext(p Phase, reason *Reason, limit time.Duration, othersWait bool) (context.Context, context.CancelFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	end := a.budget.spanEnd(p, now, limit, othersWait)
	base := context.WithValue(context.Background(), reasonKey{}, reason)
	dctx, stopTimer := context.WithDeadlineCause(base, end, fmt.Errorf("over its time of %v in phase %v", end.Sub(now).Round(time.Millisecond), p))
	ctx, cut := context.WithCancelCause(dctx)
	a.cut, a.cutPhase, a.cutOthers = cut, p, othersWait
	if a.hurry != nil && p.cuttable() {
		cut(a.hurry)
	}
	return ctx, func() {
		cut(nil)
		stopTimer()
		a.mu.Lock()
		a.stopCutTimer()
		a.mu.Unlock()
	}
}

// capped applies a member's own timeout within the time of its phase.
func capped(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("over its own timeout of %v", limit))
}

// graceLater tells, when a context has ended, how long its function may still
// take to return: the budget may have become smaller by then.
func (a *App) graceLater(p Phase, othersWait bool) func() time.Duration {
	return func() time.Duration {
		a.mu.Lock()
		defer a.mu.Unlock()
		left := slot(time.Until(a.budget.end(p)), 0, othersWait)
		return min(left, a.budget.patience())
	}
}

// takeDown returns the members to stop in phase p, last added first, and
// marks them, so that none is stopped twice.
func (a *App) takeDown(p Phase) []*member {
	a.mu.Lock()
	defer a.mu.Unlock()
	var members []*member
	for _, m := range slices.Backward(a.members) {
		if m.started && !m.stopped && m.StopIn == p && m.OnStop != nil {
			m.stopped = true
			members = append(members, m)
		}
	}
	return members
}

// shrink moves the end of the plan nearer, whether it has begun or not.
func (a *App) shrink(to time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limit.IsZero() || to.Before(a.limit) {
		a.limit = to
	}
	if a.budget == nil || !a.budget.shrink(to) || a.cut == nil {
		return
	}
	// The context of what runs now keeps its old deadline; end it by hand.
	now, cut := time.Now(), a.cut
	cause := fmt.Errorf("the time of phase %v is over: the caller's deadline is nearer than stop.timeout", a.cutPhase)
	a.stopCutTimer()
	a.cutTimer = time.AfterFunc(a.budget.spanEnd(a.cutPhase, now, 0, a.cutOthers).Sub(now), func() { cut(cause) })
}

// stopCutTimer is called with a.mu held.
func (a *App) stopCutTimer() {
	if a.cutTimer != nil {
		a.cutTimer.Stop()
		a.cutTimer = nil
	}
}

// mostForLastWords is how long the end waits for observers, such as a log that
// nobody reads, to take the last events.
const mostForLastWords = 5 * time.Second

// end publishes the result and releases everyone who waits.
func (a *App) end() {
	a.mu.Lock()
	a.cut = nil
	a.down = time.Since(a.stopAt)
	clean := !a.reason.Failed()
	for _, s := range a.steps {
		clean = clean && !s.unclean()
	}
	for _, r := range a.also { // a task that died while others were drained
		clean = clean && !r.Failed()
	}
	a.report.Code = a.reason.Code
	state := StateStopped
	if !clean {
		state = StateFailed
		a.report.Code = max(a.reason.Code, 1)
	}
	events := a.enter(state)
	left := time.Until(a.budget.deadline) + a.budget.patience()
	a.mu.Unlock()

	a.emitAll(append(events, Ended{a.Report()}))
	a.events.flush(min(left, mostForLastWords))
	close(a.done)
}

// linger waits for d, or until ctx ends.
func linger(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
