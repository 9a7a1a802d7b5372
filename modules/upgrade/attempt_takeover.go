package upgrade

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/guard"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

const (
	// moveTime bounds the moving before COMMIT: in the meantime neither process
	// serves the connections that have moved. The others move while this process
	// drains.
	moveTime = time.Second
	// sendTime is for connections that have left their handlers by then. They would
	// not be served sooner if the successor were in charge; they would come after
	// the requests of those that have moved, and miss what these send.
	sendTime = 2 * time.Second
	// commitTime is for the answer to COMMIT. Connections that have moved are not
	// served in the meantime either.
	commitTime = 5 * time.Second
	// probeEvery is how often a successor on probation is asked whether it is
	// ready; probeTime is how long its answer may take.
	probeEvery = time.Second
	probeTime  = 10 * time.Second
)

// probation watches the successor for the configured time. Both serve, nothing
// moves.
func (a *attempt) probation() error {
	end := time.NewTimer(a.conf.Probation)
	defer end.Stop()
	tick := time.NewTicker(min(probeEvery, max(a.conf.Probation/4, time.Millisecond)))
	defer tick.Stop()
	for {
		if err := a.probe(); err != nil {
			return fmt.Errorf("on probation: %w", err)
		}
		select {
		case <-end.C:
			return a.probe()
		case <-tick.C:
		case m := <-a.successor.messages:
			if m.Kind == wire.Failed {
				return fmt.Errorf("on probation: %s", m.Text())
			}
			return fmt.Errorf("on probation: it sent %v unasked", m.Kind)
		case <-a.successor.lost:
			return fmt.Errorf("on probation: %w", a.exitCause())
		case <-a.successor.proc.Exited():
			return fmt.Errorf("on probation: %w", a.exitCause())
		case <-a.ctx.Done():
			return givenUp(a.ctx)
		}
	}
}

func (a *attempt) probe() error {
	if err := a.successor.conn.Send(wire.Probe, 0, nil); err != nil {
		return a.sendCause(err)
	}
	err := a.await(wire.Health, probeTime)
	if errors.Is(err, errLate) {
		return fmt.Errorf("it did not say within %v whether it is ready", probeTime)
	}
	return err
}

// move lets every server hand over its idle connections if it can and the successor
// takes them. A server that cannot drains later, as in any stop.
//
// The successor only holds what it gets until it has answered COMMIT: if it dies
// before, this process goes on with its copies, and no client notices.
func (a *attempt) move() error {
	a.handover = newHandover(a.successor, a.abilities, a.u.onStep)
	ctx, cancel := context.WithTimeout(a.ctx, moveTime)
	defer cancel()
	for server, m := range a.u.app.Wiring().Movers() {
		if len(a.abilities[server]) == 0 {
			continue
		}
		a.moved = append(a.moved, m)
		if err := guard.Call(func() error { return m.Move(ctx, a.handover) }); err != nil && ctx.Err() == nil {
			a.u.app.Note(app.Note{Level: slog.LevelInfo, Text: "connections of this server cannot move now", Err: err,
				Attrs: []slog.Attr{slog.String("server", server)}})
		}
		if err := a.checkMoving(); err != nil {
			return err
		}
	}
	sending, cancel := context.WithTimeout(a.ctx, sendTime)
	defer cancel()
	a.handover.waitEmpty(sending)
	a.u.onStep("moved")
	return a.checkMoving()
}

// checkMoving returns why the successor cannot take over any more.
func (a *attempt) checkMoving() error {
	var lost error
	a.result.Handed, a.result.TakenBack, lost = a.handover.counts()
	select {
	case m := <-a.successor.messages:
		lost = fmt.Errorf("it sent %v", m.Kind)
		if m.Kind == wire.Failed {
			lost = errors.New(m.Text())
		}
	default:
		if lost != nil && !errors.Is(lost, errSilent) {
			lost = a.sendCause(lost)
		} else if lost == nil && (a.successor.proc.HasExited() || closed(a.successor.lost)) {
			lost = a.exitCause()
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

// commit puts the successor in charge. From here on only the successor decides the
// outcome: whether it serves must be known, even if the caller gives up in the
// meantime.
func (a *attempt) commit() error {
	a.ctx = context.WithoutCancel(a.ctx)
	a.u.sendHistories(a.successor) // before a client requests it from the new process
	if err := a.successor.conn.Send(wire.Commit, 0, nil); err != nil {
		return a.sendCause(err)
	}
	a.u.onStep("commit sent")
	if err := a.awaitCommitted(); err != nil {
		return err
	}
	a.took = true
	a.handover.settle(theirs)
	if a.successor.proc.HasExited() {
		return a.exitCause()
	}
	// First: a stop that runs out of time does not wait for this goroutine.
	a.u.succeeded(a.successor, a.handover)
	// In one step, so that there is either a stop of the service or a successor,
	// never both.
	if !a.u.app.Stop(app.Reason{Kind: app.Replaced, By: "upgrade",
		Text: fmt.Sprintf("generation %d, pid %d, has taken over", a.result.Generation, a.result.PID)}) {
		a.u.succeeded(nil, nil)
		return fmt.Errorf("given up: %w", a.u.app.Reason()) // a stop came first
	}
	a.u.onStep("stopping")
	a.successor.discardMessages()
	a.result.Handed, a.result.TakenBack, _ = a.handover.counts()
	a.result.Kept = a.u.kept()
	return nil
}

// awaitCommitted waits for the answer to COMMIT. A successor that has not answered
// is killed, so that it no longer can; what it has sent before is read.
func (a *attempt) awaitCommitted() error {
	err := a.await(wire.Committed, commitTime)
	if err == nil {
		return nil
	}
	if !a.declined {
		a.successor.kill()
		_ = a.exitCause()
	}
	if _, _, lost := a.handover.counts(); errors.Is(lost, errSilent) {
		return lost
	}
	if errors.Is(err, errLate) {
		return fmt.Errorf("it did not take over within %v", commitTime)
	}
	return err
}
