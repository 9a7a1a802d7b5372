package app

import (
	"context"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// runTask runs fn until it is done, dead or stopped.
func (a *App) runTask(t *task) {
	defer a.removeTask(t)
	defer close(t.ended)
	if t.exclusive && !a.waitExclusive(t) {
		return
	}
	var failed failures
	for {
		err := guard.Call(func() error { return t.fn(t.ctx) })
		if t.ctx.Err() != nil || closed(t.draining) {
			// Told to stop: the way out is its own business, unless it failed
			// at it.
			if !clean(t.ctx, err) {
				t.err = err
			}
			return
		}
		if clean(t.ctx, err) {
			a.emit(TaskEnded{Name: t.name, RestartIn: -1})
			if t.exitWhenDone {
				a.Stop(Reason{Kind: Done, By: "task " + t.name, Text: "done"})
			}
			return
		}
		wait, again := failed.next(t.backoff, time.Now())
		if !t.restart || !again {
			a.taskFailed(t, err, failed)
			return
		}
		a.emit(TaskEnded{Name: t.name, Err: err, Failures: failed.count, RestartIn: wait})
		pause(t, wait)
		if t.ctx.Err() != nil || closed(t.draining) {
			return
		}
	}
}

// pause waits before a restart, unless the task must stop.
func pause(t *task, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
	case <-t.draining:
	}
}

func (a *App) taskFailed(t *task, err error, failed failures) {
	a.emit(TaskEnded{Name: t.name, Err: err, Failures: failed.count, RestartIn: -1})
	if !t.optional {
		a.Stop(Reason{Kind: TaskFailed, By: "task " + t.name, Err: err})
	}
}

// stopPulling is the member of the phase StopIn.
func (t *task) stopPulling(context.Context) error {
	close(t.draining)
	return nil
}

// finish is the member of the phase FinishIn.
func (t *task) finish(ctx context.Context) error {
	if !closed(t.draining) { // nor was it in StopIn, when a stop came before the start had got that far
		close(t.draining)
	}
	if t.stopIn == t.finishIn {
		t.cancel(ReasonOf(ctx))
	}
	select {
	case <-t.ended:
	case <-ctx.Done(): // out of time: now it must go
		t.cancel(ReasonOf(ctx))
		<-t.ended // if it does not, this hook is abandoned, and says where it stands
	}
	return t.err
}

// forget removes a task that has ended, so that short jobs do not pile up.
func (a *App) removeTask(t *task) {
	t.cancel(nil)
	a.plan.mu.Lock()
	defer a.plan.mu.Unlock()
	delete(a.plan.tasks, t.name)
	a.plan.leave(t.members...)
}

func (a *App) waitExclusive(t *task) bool {
	gone := a.registry.predecessor()
	if gone == nil {
		return true
	}
	select {
	case <-gone:
		return !closed(t.draining)
	case <-t.draining:
		return false
	}
}
