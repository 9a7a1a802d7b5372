package upgrade

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gracefulfx/graceful/app"
)

const (
	// moveTime bounds the moving before COMMIT, since nobody serves meanwhile
	// what has moved. What is left then moves while this process drains.
	moveTime = time.Second
	// commitTime is for an answer. Nobody serves meanwhile, either.
	commitTime = 5 * time.Second
	// probeEvery is how often the readiness of a child on probation is asked
	// for; probeTime is how long its answer may take.
	probeEvery = time.Second
	probeTime  = 10 * time.Second
)

// probation watches the child for the time of the configuration. Both serve,
// nothing moves.
func (a *attempt) probation() error {
	over := time.NewTimer(a.conf.Probation)
	defer over.Stop()
	tick := time.NewTicker(min(probeEvery, max(a.conf.Probation/4, time.Millisecond)))
	defer tick.Stop()
	for {
		if err := a.probe(); err != nil {
			return fmt.Errorf("on probation: %w", err)
		}
		select {
		case <-over.C:
			return a.probe()
		case <-tick.C:
		case m := <-a.child.messages:
			if m.kind == failedMsg {
				return fmt.Errorf("on probation: %s", m.saying())
			}
			return fmt.Errorf("on probation: it said %v unasked", m.kind)
		case <-a.child.lost:
			return fmt.Errorf("on probation: %w", a.explain())
		case <-a.child.exited:
			return fmt.Errorf("on probation: %w", a.explain())
		case <-a.ctx.Done():
			return givenUp(a.ctx)
		}
	}
}

func (a *attempt) probe() error {
	if err := a.child.line.send(probeMsg, 0, nil); err != nil {
		return a.because(err)
	}
	err := a.await(healthMsg, probeTime)
	if errors.Is(err, errLate) {
		return fmt.Errorf("it did not tell its health within %v", probeTime)
	}
	return err
}

// move lets every server that can, and whose connections the child wants, hand
// on what is idle. A server that cannot move drains later, as in any stop.
//
// The child only holds what it gets until it has answered COMMIT: if it dies
// before, we go on with our copies, and no client has noticed.
func (a *attempt) move() error {
	a.ferry = newFerry(a.child, a.u.onStep)
	ctx, cancel := context.WithTimeout(a.ctx, moveTime)
	defer cancel()
	for server, m := range a.u.app.Wiring().Movers() {
		if !a.adopts[server] {
			continue
		}
		a.moved = append(a.moved, m)
		if err := guarded(func() error { return m.Move(ctx, a.ferry) }); err != nil && ctx.Err() == nil {
			a.u.app.Note(app.Note{Level: slog.LevelInfo, Text: "connections of this server cannot move now", Err: err,
				Attrs: []slog.Attr{slog.String("server", server)}})
		}
		if err := a.standing(); err != nil {
			return err
		}
	}
	a.ferry.unload(ctx)
	a.u.onStep("moved")
	return a.standing()
}

// standing returns why the child cannot take over any more.
func (a *attempt) standing() error {
	var lost error
	a.result.Handed, a.result.TakenBack, lost = a.ferry.counts()
	select {
	case m := <-a.child.messages:
		lost = fmt.Errorf("it said %v", m.kind)
		if m.kind == failedMsg {
			lost = errors.New(m.saying())
		}
	default:
		if lost != nil && !errors.Is(lost, errSilent) {
			lost = a.because(lost)
		} else if lost == nil && (closed(a.child.exited) || closed(a.child.lost)) {
			lost = a.explain()
		}
	}
	switch {
	case lost != nil:
		return fmt.Errorf("while connections moved: %w", lost)
	case a.ctx.Err() != nil:
		return givenUp(a.ctx)
	}
	return nil
}

// commit makes the child the one in charge. From here on the child alone says
// what has become of it: whether it serves must be known, whoever may lose
// patience with us meanwhile.
func (a *attempt) commit() error {
	a.ctx = context.WithoutCancel(a.ctx)
	if err := a.child.line.send(commitMsg, 0, nil); err != nil {
		return a.because(err)
	}
	a.u.onStep("commit sent")
	err := a.await(committedMsg, commitTime)
	if err != nil && !a.declined {
		a.silence()
	}
	if errors.Is(err, errLate) {
		err = fmt.Errorf("it did not take over within %v", commitTime)
	}
	if _, _, lost := a.ferry.counts(); err != nil && errors.Is(lost, errSilent) {
		err = lost
	}
	if err != nil {
		return err
	}
	a.took = true
	a.ferry.settle(childs)
	if closed(a.child.exited) {
		return a.explain()
	}
	// In one step, so that there is either a stop of the service or a successor.
	if !a.u.app.Stop(app.Reason{Kind: app.Replaced, By: "upgrade", Text: fmt.Sprintf("generation %d, pid %d, has taken over", a.result.Generation, a.result.PID)}) {
		return fmt.Errorf("given up: %w", a.u.app.Reason()) // a stop came first
	}
	a.child.deafen() // what it says from now on is its own business
	a.result.Handed, a.result.TakenBack, _ = a.ferry.counts()
	a.u.mu.Lock()
	a.u.child, a.u.ferry = a.child, a.ferry
	a.u.mu.Unlock()
	return nil
}

// silence ends a child that has not answered COMMIT, so that it cannot do so any
// more, and reads what it has said before.
func (a *attempt) silence() {
	a.child.kill()
	<-a.child.exited
	_ = a.explain()
}
