package app

import (
	"context"
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/app/internal/failure"
	"github.com/gracefulfx/graceful/internal/guard"
)

// task is a TaskFunc with the arguments of Go.
type task struct {
	name, source            string
	fn                      TaskFunc
	backoff                 Backoff
	restart, optional       bool
	exitWhenDone, exclusive bool
	stopIn, finishIn        Phase
	draining                chan struct{} // closed when the task should stop pulling
	ended                   chan struct{} // closed when fn will not run any more
	err                     error         // of the last run; read after ended
	ctx                     context.Context
	cancel                  context.CancelCauseFunc
	members                 []*member
}

func newTask(name string, fn TaskFunc, opts []TaskOption) *task {
	t := &task{name: name, fn: fn, finishIn: Tasks, draining: make(chan struct{}), ended: make(chan struct{})}
	for _, o := range opts {
		if o != nil {
			o(t)
		}
	}
	if t.stopIn == 0 {
		t.stopIn = t.finishIn
	}
	// Not a.ctx: a task that finishes in Drain or Final outlives the phase
	// Tasks, or must end before it.
	t.ctx, t.cancel = context.WithCancelCause(context.WithValue(context.Background(), drainKey{}, (<-chan struct{})(t.draining)))
	return t
}

func (t *task) check() error {
	switch {
	case t.fn == nil:
		return fmt.Errorf("task %s (%s) has no function", t.name, t.source)
	case !t.stopIn.isDown() || !t.finishIn.isDown():
		return fmt.Errorf("task %s (%s): StopIn %v and FinishIn %v must be phases of the way down", t.name, t.source, t.stopIn, t.finishIn)
	case t.stopIn < Unbind:
		return fmt.Errorf("task %s (%s): %v may be skipped, and the task would not be stopped; use Unbind or a later phase", t.name, t.source, t.stopIn)
	case t.backoff.Threshold < 0 || t.backoff.Decay < 0 || t.backoff.Pause < 0 || t.backoff.GiveUp < 0:
		return fmt.Errorf("task %s (%s): a Backoff has no negative values: %+v", t.name, t.source, t.backoff)
	case t.stopIn > t.finishIn:
		return fmt.Errorf("task %s (%s): StopIn %v comes after FinishIn %v", t.name, t.source, t.stopIn, t.finishIn)
	}
	return nil
}

// runTask runs fn until it is done, has failed for good or is stopped.
func (a *App) runTask(t *task) {
	defer a.removeTask(t)
	defer close(t.ended)
	if t.exclusive && !a.waitExclusive(t) {
		return
	}
	var failed failure.Count
	for {
		err := guard.Call(func() error { return t.fn(t.ctx) })
		if t.ctx.Err() != nil || closed(t.draining) {
			// It had to stop: only a failure on its way out counts.
			if !failure.Clean(t.ctx, err) {
				t.err = err
			}
			return
		}
		if failure.Clean(t.ctx, err) {
			a.emit(TaskEnded{Name: t.name, RestartIn: -1})
			if t.exitWhenDone {
				a.Stop(Reason{Kind: Done, By: "task " + t.name, Text: "done"})
			}
			return
		}
		wait, again := failed.Next(failure.Limits(t.backoff), time.Now())
		if !t.restart || !again {
			a.taskFailed(t, err, failed)
			return
		}
		a.emit(TaskEnded{Name: t.name, Err: err, Failures: failed.Recent, RestartIn: wait})
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

func (a *App) taskFailed(t *task, err error, failed failure.Count) {
	a.emit(TaskEnded{Name: t.name, Err: err, Failures: failed.Recent, RestartIn: -1})
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
	if !closed(t.draining) { // StopIn did not close it: the stop came before the start had got that far
		close(t.draining)
	}
	if t.stopIn == t.finishIn {
		t.cancel(ReasonOf(ctx))
	}
	select {
	case <-t.ended:
	case <-ctx.Done(): // out of time: now it must go
		t.cancel(ReasonOf(ctx))
		<-t.ended // if the task does not end, this hook is abandoned, with its stack
	}
	return t.err
}

// removeTask removes a task that has ended, so that short jobs do not pile up.
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
