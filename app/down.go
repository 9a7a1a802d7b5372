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
	a.mu.Lock()
	conf, warn := validOr(a.stopConf(), DefaultStop())
	b := &budget{began: a.stopAt, deadline: a.stopAt.Add(conf.Timeout), conf: conf}
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

	ctx, cancel := a.phaseContext(p, reason)
	defer cancel(nil)
	members := a.takeDown(p)
	if p.inTurn() {
		for i, m := range members {
			a.stopMember(ctx, p, m, i < len(members)-1)
		}
		return
	}
	var all sync.WaitGroup
	for _, m := range members {
		all.Go(func() { a.stopMember(ctx, p, m, false) })
	}
	all.Wait()
	if p == LameDuck {
		linger(ctx, lame)
	}
}

// phaseContext is the context of phase p. Hurry and shrink end it early.
func (a *App) phaseContext(p Phase, reason *Reason) (context.Context, context.CancelCauseFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	end := a.budget.contextEnd(p, time.Now())
	base := context.WithValue(context.Background(), reasonKey{}, reason)
	dctx, stopTimer := context.WithDeadlineCause(base, end, fmt.Errorf("the time of phase %v is over (stop.timeout %v)", p, a.budget.length()))
	ctx, cancel := context.WithCancelCause(dctx)
	a.cut, a.cutPhase = cancel, p
	if a.hurry != nil && p.cuttable() {
		cancel(a.hurry)
	}
	return ctx, func(err error) {
		cancel(err)
		stopTimer()
		a.mu.Lock()
		a.stopCutTimer()
		a.mu.Unlock()
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

// stopMember runs one stop function within its slot of the phase's time.
func (a *App) stopMember(ctx context.Context, p Phase, m *member, othersWait bool) {
	a.mu.Lock()
	span := slot(time.Until(a.budget.end(p)), m.Timeout, othersWait)
	grace := a.budget.grace(span)
	a.mu.Unlock()
	span -= grace
	hctx, cancel := context.WithTimeoutCause(ctx, span, fmt.Errorf("over its time of %v in phase %v", span.Round(time.Millisecond), p))
	defer cancel()
	a.record(hctx, "down", p, m, m.OnStop, grace)
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
	// The context of the running phase keeps its old deadline; end it by hand.
	cut := a.cut
	cause := fmt.Errorf("the time of phase %v is over: the caller's deadline is nearer than stop.timeout", a.cutPhase)
	a.stopCutTimer()
	a.cutTimer = time.AfterFunc(time.Until(a.budget.contextEnd(a.cutPhase, time.Now())), func() { cut(cause) })
}

// stopCutTimer is called with a.mu held.
func (a *App) stopCutTimer() {
	if a.cutTimer != nil {
		a.cutTimer.Stop()
		a.cutTimer = nil
	}
}

// end publishes the result and releases everyone who waits.
func (a *App) end() {
	a.mu.Lock()
	a.cut = nil
	a.down = time.Since(a.stopAt)
	clean := !a.reason.failed()
	for _, s := range a.steps {
		if s.Way == "down" && s.Outcome != OutcomeDone {
			clean = false
		}
	}
	a.report.Code = a.reason.Code
	state := StateStopped
	if !clean {
		state = StateFailed
		a.report.Code = max(a.reason.Code, 1)
	}
	events := a.enter(state)
	a.mu.Unlock()

	a.emitAll(append(events, Ended{a.Report()}))
	a.events.flush()
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
