package app

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app/internal/call"
)

// runDown runs the seven phases of the stop and ends the App. It is called once, by
// Stop or by Start.
func (a *App) runDown() {
	conf, warn := a.settings.stopConfig()
	a.plan.mu.Lock()
	b := newBudget(a.plan.stopAt, conf)
	b.members, b.turns = a.plan.stopSizes(false), a.plan.turns()
	a.plan.mu.Unlock()
	a.clock.begin(b)
	a.warn(warn)

	for _, p := range downPhases {
		a.phaseDown(p)
	}
	a.end()
}

// phaseDown runs the members of p. It returns when each has ended or was
// abandoned.
func (a *App) phaseDown(p Phase) {
	a.plan.mu.Lock()
	events := a.plan.enter(p.state())
	reason := a.plan.reason
	a.plan.mu.Unlock()
	a.emitAll(events)

	lame := a.clock.lameDuck()
	switch p {
	case Announce:
		if reason.Kind == Replaced {
			return
		}
	case LameDuck:
		if reason.Kind == Replaced || reason.interactive() || !closed(a.ready) || lame == 0 {
			return
		}
	case Unbind:
		a.startDraining()
	case Tasks:
		a.endContext(reason)
	}

	members := a.plan.takeDown(p, func(server string) bool { return p == Unbind && a.plan.waits(server) })
	if p.inTurn() {
		a.downInTurn(p, reason, members)
		return
	}
	ctx, cancel := a.clock.span(p, reason, 0, false)
	defer cancel()
	if p == Drain {
		a.drain(ctx, members)
		return
	}
	a.together(ctx, p, p, members)
	if p == LameDuck {
		sleep(ctx, lame)
	}
}

// startDraining closes the channel of Draining. Servers know it before their
// handlers do, except those that others call: their turn comes later.
func (a *App) startDraining() {
	for server, fn := range a.registry.drains() {
		if callers, _ := a.plan.ordered(server); len(callers) == 0 {
			fn()
		}
	}
	close(a.draining)
}

// together runs members of phase p at the same time, while current is the phase of
// the stop.
func (a *App) together(ctx context.Context, p, current Phase, members []*member) {
	var all sync.WaitGroup
	for _, m := range members {
		all.Go(func() {
			ctx, cancel := capped(ctx, m.Timeout)
			defer cancel()
			a.record(ctx, "down", p, m, m.OnStop, func() time.Duration { return a.clock.graceLeft(current, false) })
		})
	}
	all.Wait()
}

// drain runs the phase Drain: all servers at the same time, except that one which
// others call waits until those are drained; its listener is open until then.
func (a *App) drain(ctx context.Context, members []*member) {
	unbinds := byName(a.plan.takeDown(Unbind, func(string) bool { return false }))
	drains := byName(members)
	over := map[string]chan struct{}{} // closed when a server is drained
	for _, all := range []map[string][]*member{drains, unbinds} {
		for server := range all {
			over[server] = make(chan struct{})
		}
	}
	var all sync.WaitGroup
	for server, done := range over {
		callers, behind := a.plan.ordered(server)
		all.Go(func() {
			defer close(done)
			for _, caller := range callers {
				if drained := over[caller]; drained != nil {
					<-drained
				}
			}
			if late := unbinds[server]; late != nil {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.clock.turnLeft())
				a.together(ctx, Unbind, Drain, late)
				cancel()
			}
			ctx, cancel := earlier(ctx, time.Duration(behind)*a.clock.turn())
			defer cancel()
			a.together(ctx, Drain, Drain, drains[server])
		})
	}
	all.Wait()
}

func byName(members []*member) map[string][]*member {
	all := map[string][]*member{}
	for _, m := range members {
		all[m.Name] = append(all[m.Name], m)
	}
	return all
}

// earlier returns a context that ends d before ctx does, so that servers that wait
// for this one have their turn.
func earlier(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok || d == 0 {
		return ctx, func() {}
	}
	return context.WithDeadlineCause(ctx, deadline.Add(-d), fmt.Errorf("over its time in phase %v: others wait for it", Drain))
}

func (a *App) downInTurn(p Phase, reason *Reason, members []*member) {
	for i, m := range members {
		othersWait := i < len(members)-1
		ctx, cancel := a.clock.span(p, reason, m.Timeout, othersWait)
		a.record(ctx, "down", p, m, m.OnStop, func() time.Duration { return a.clock.graceLeft(p, othersWait) })
		cancel()
	}
}

// capped applies a member's own timeout within the time of its phase.
func capped(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("over its own timeout of %v", limit))
}

// finalFlushLimit is how long the end waits for observers, such as a log on a full
// pipe, to take the last events.
const finalFlushLimit = 5 * time.Second

// end publishes the result and releases every waiter.
func (a *App) end() {
	left := a.clock.end()
	a.plan.mu.Lock()
	failed := a.plan.reason.Failed() || slices.ContainsFunc(a.plan.also, (*Reason).Failed) // a task that died while others were drained
	state := a.history.stopped(time.Since(a.plan.stopAt), a.plan.reason.Code, !failed)
	events := a.plan.enter(state)
	a.plan.mu.Unlock()

	a.emitAll(append(events, Ended{a.Report()}))
	a.events.Flush(min(left, finalFlushLimit))
	close(a.done)
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// record runs fn as the part of m in phase p and puts it into the report.
func (a *App) record(ctx context.Context, way string, p Phase, m *member, fn func(context.Context) error, grace func() time.Duration) Step {
	s := Step{Way: way, Phase: p, Name: m.Name, Source: m.source, Began: time.Now()}
	c := &counts{}
	a.history.begin(m, p)
	r := call.Run(context.WithValue(ctx, countsKey{}, c), fn, grace)
	s.Outcome, s.Err, s.Stack, s.Counts = outcomes[r.Outcome], r.Err, r.Stack, c.take()
	s.Took = time.Since(s.Began)
	if d, ok := ctx.Deadline(); ok {
		s.Slow = s.Took > d.Sub(s.Began)/2
	}
	a.history.end(m, s)
	a.emit(StepEnded{s})
	return s
}

// outcomes are those of a function that ran.
var outcomes = [...]Outcome{
	call.Done: OutcomeDone, call.Failed: OutcomeFailed, call.Panicked: OutcomePanicked,
	call.Exited: OutcomeExited, call.Abandoned: OutcomeAbandoned,
}
