package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// TaskFunc is a background task. It should return soon after ctx is done; its
// Cause is then the *Reason. Returning nil is the end of a task that had
// enough; returning an error, panicking or runtime.Goexit is its death.
type TaskFunc func(ctx context.Context) error

// Task is a background task as a value; AsTask brings it into an fx graph.
type Task struct {
	Name    string
	Run     TaskFunc
	Options []TaskOption
}

// TaskOption changes what Go does with a task.
type TaskOption func(*task)

// Restart starts the task again after its death, as b allows. A task that
// returns nil is not started again.
func Restart(b Backoff) TaskOption {
	return func(t *task) { t.restart, t.backoff = true, b.withDefaults() }
}

// Optional makes the death of the task a warning. By default it stops the
// application with exit code 1, or that of an error with ExitCode() int.
func Optional() TaskOption { return func(t *task) { t.optional = true } }

// ExitWhenDone stops the application, exit code 0, when the task returns nil:
// for batch jobs.
func ExitWhenDone() TaskOption { return func(t *task) { t.exitWhenDone = true } }

// StopIn sets the phase in which the task is told to stop pulling work:
// Draining(ctx) is closed then, and ctx lives on until the phase of FinishIn
// is out of time. The usual value for a consumer of a queue is Unbind. By
// default it is the phase of FinishIn, and ctx is cancelled at once.
func StopIn(p Phase) TaskOption { return func(t *task) { t.stopIn = p } }

// FinishIn sets the phase in which the task must be finished; it is awaited
// there, and abandoned and named if it is not. The default is Tasks.
func FinishIn(p Phase) TaskOption { return func(t *task) { t.finishIn = p } }

// Sole starts the task only when no predecessor generation is alive any more:
// for work that two processes must never do at once.
func Sole() TaskOption { return func(t *task) { t.sole = true } }

type task struct {
	name, source       string
	fn                 TaskFunc
	backoff            Backoff
	restart, optional  bool
	exitWhenDone, sole bool
	stopIn, finishIn   Phase
	told               chan struct{} // closed when the task shall stop pulling
	ended              chan struct{} // closed when fn will not run any more
	err                error         // of the last run; read after ended
	ctx                context.Context
	cancel             context.CancelCauseFunc
	members            []*member
}

// Go runs fn as a background task, from the phase Tasks of the start on, or at
// once when that has passed. It does not block and may be called by anyone;
// once a stop has begun it is refused with a warning event, and fn never runs.
//
// Nobody needs the name to be unique: the second "mailer" is "mailer#2". A
// task that has ended is forgotten, so Go may be called for short jobs too.
func (a *App) Go(name string, fn TaskFunc, opts ...TaskOption) {
	t := &task{name: name, fn: fn, source: callerSource(), finishIn: Tasks,
		told: make(chan struct{}), ended: make(chan struct{})}
	for _, o := range opts {
		o(t)
	}
	if t.stopIn == 0 {
		t.stopIn = t.finishIn
	}
	if err := t.check(); err != nil {
		a.misuse(err)
		return
	}
	// Not a.life: a task that finishes in Drain or Final outlives the phase
	// Tasks, or must end before it.
	t.ctx, t.cancel = context.WithCancelCause(context.WithValue(context.Background(), drainKey{}, (<-chan struct{})(t.told)))

	a.mu.Lock()
	for i := 2; a.tasks[t.name] != nil; i++ {
		t.name = fmt.Sprintf("%s#%d", name, i)
	}
	running := a.state == StateReady || a.state == StateStarting && a.passed(Tasks)
	await := &member{Hook: Hook{Name: "task " + t.name, source: t.source, StartIn: Tasks, StopIn: t.finishIn, OnStop: t.finish}}
	tell := &member{Hook: Hook{Name: "task " + t.name, source: t.source, StartIn: Tasks, StopIn: t.stopIn, OnStop: t.stopPulling}}
	if !running {
		await.OnStart = func(context.Context) error { go a.runTask(t); return nil }
	}
	err := a.place(await)
	if err == nil && t.stopIn != t.finishIn {
		_ = a.place(tell) // same state, same lock: it cannot be refused alone
	}
	if err == nil {
		a.tasks[t.name] = t
		t.members = []*member{await, tell}
	}
	a.mu.Unlock()
	switch {
	case err != nil:
		t.cancel(nil)
		a.misuse(err)
	case running:
		go a.runTask(t)
	}
}

func (t *task) check() error {
	switch {
	case t.fn == nil:
		return fmt.Errorf("task %s (%s) has no function", t.name, t.source)
	case !t.stopIn.isDown() || !t.finishIn.isDown():
		return fmt.Errorf("task %s (%s): StopIn %v and FinishIn %v must be phases of the way down", t.name, t.source, t.stopIn, t.finishIn)
	case t.stopIn > t.finishIn:
		return fmt.Errorf("task %s (%s): StopIn %v comes after FinishIn %v", t.name, t.source, t.stopIn, t.finishIn)
	}
	return nil
}

// runTask runs fn until it is done, dead or told to stop.
func (a *App) runTask(t *task) {
	defer a.forget(t)
	defer close(t.ended)
	if t.sole && !a.waitAlone(t.ctx) {
		return
	}
	var failed failures
	for {
		err := runOnce(t)
		if t.ctx.Err() != nil || closed(t.told) {
			// Told to stop: the way out is its own business, unless it failed at it.
			if err != nil && !errors.Is(err, context.Canceled) && ReasonOf(t.ctx) != nil && !errors.Is(err, ReasonOf(t.ctx)) {
				t.err = err
			}
			return
		}
		if err == nil {
			a.emit(TaskEnded{Name: t.name, RestartIn: -1})
			if t.exitWhenDone {
				a.Stop(Reason{Kind: Done, By: "task " + t.name, Text: "done"})
			}
			return
		}
		wait, again := failed.next(t.backoff, time.Now())
		if !t.restart || !again {
			a.died(t, err, failed)
			return
		}
		a.emit(TaskEnded{Name: t.name, Err: err, Failures: failed.count, RestartIn: wait})
		pause(t, wait)
		if t.ctx.Err() != nil || closed(t.told) {
			return
		}
	}
}

// runOnce calls fn and makes an error of whatever else it does than return.
func runOnce(t *task) error {
	result := make(chan error, 1)
	go func() {
		err := errGoexit
		defer func() {
			if v := recover(); v != nil {
				err = panicError(v)
			}
			result <- err
		}()
		err = t.fn(t.ctx)
	}()
	return <-result
}

// pause waits before a restart, unless the task is told to stop.
func pause(t *task, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
	case <-t.told:
	}
}

func (a *App) died(t *task, err error, failed failures) {
	a.emit(TaskEnded{Name: t.name, Err: err, Failures: failed.count, RestartIn: -1})
	if !t.optional {
		a.Stop(Reason{Kind: TaskFailed, By: "task " + t.name, Err: err})
	}
}

// stopPulling is the member of the phase StopIn.
func (t *task) stopPulling(context.Context) error {
	close(t.told)
	return nil
}

// finish is the member of the phase FinishIn.
func (t *task) finish(ctx context.Context) error {
	if t.stopIn == t.finishIn {
		close(t.told)
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
func (a *App) forget(t *task) {
	t.cancel(nil)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.tasks, t.name)
	if a.reason != nil {
		return // the plan is on its way and awaits it
	}
	kept := a.members[:0]
	for _, m := range a.members {
		if m != t.members[0] && m != t.members[1] {
			kept = append(kept, m)
		}
	}
	clear(a.members[len(kept):])
	a.members = kept
}

func (a *App) waitAlone(ctx context.Context) bool {
	a.mu.Lock()
	alone := a.alone
	a.mu.Unlock()
	if alone == nil {
		return true
	}
	select {
	case <-alone:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
