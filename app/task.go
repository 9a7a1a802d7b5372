package app

import (
	"context"
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/app/internal/caller"
)

// TaskFunc is a background task. It should return soon after ctx is done; its Cause
// is then the *Reason. A task that returns nil is done; one that returns an error,
// panics or calls runtime.Goexit has failed. http.ErrServerClosed, which
// http.Server.Serve returns after a Shutdown, counts as nil.
//
// A task that a stop has ended is clean if it returns nil or the cancellation and
// nothing else: ctx.Err(), its Cause, or a *url.Error or *net.OpError around one
// of them, which only name the call that was cancelled. Any other error is a
// failure and makes the exit code 1, even one that is joined with the cancellation
// or wraps it: "flush failed: context canceled" says that something was lost.
type TaskFunc func(ctx context.Context) error

// Task is a background task as a value; AsTask adds it to an fx graph.
type Task struct {
	Name    string
	Run     TaskFunc
	Options []TaskOption
}

// TaskOption changes what Go does with a task.
type TaskOption func(*task)

// Restart starts the task again after a failure, as b allows. A task that returns
// nil is not started again.
func Restart(b Backoff) TaskOption {
	return func(t *task) { t.restart, t.backoff = true, b.withDefaults() }
}

// Backoff limits how often a task that keeps failing is started again. Its
// semantics are those of a suture supervisor: every failure counts one, the
// count halves with every Decay that passes, and while it is over Threshold
// the next start waits for Pause. The zero value has suture's defaults.
type Backoff struct {
	Threshold float64       // failures that are restarted at once; 0 means 5
	Decay     time.Duration // half-life of the count; 0 means 30s
	Pause     time.Duration // wait over the threshold, varied by ±20 %; 0 means 15s
	GiveUp    int           // after so many failures in all the task has failed; 0 means never
}

func (b Backoff) withDefaults() Backoff {
	if b.Threshold == 0 {
		b.Threshold = 5
	}
	if b.Decay == 0 {
		b.Decay = 30 * time.Second
	}
	if b.Pause == 0 {
		b.Pause = 15 * time.Second
	}
	return b
}

// Optional makes the failure of the task a warning. By default a failure stops the
// application with exit code 1, or with that of an error that has a method
// ExitCode() int.
func Optional() TaskOption { return func(t *task) { t.optional = true } }

// ExitWhenDone stops the application, exit code 0, when the task returns nil:
// for batch jobs.
func ExitWhenDone() TaskOption { return func(t *task) { t.exitWhenDone = true } }

// StopIn sets the phase, Unbind or later, in which the task must stop pulling work:
// Draining(ctx) is closed then, and ctx lives on until the time of the phase of
// FinishIn is over. The usual value for a consumer of a queue is Unbind. By default
// it is the phase of FinishIn, and ctx is cancelled at once.
func StopIn(p Phase) TaskOption { return func(t *task) { t.stopIn = p } }

// FinishIn sets the phase in which the task must finish: the plan awaits it there,
// and abandons and names it if it does not finish. The default is Tasks.
func FinishIn(p Phase) TaskOption { return func(t *task) { t.finishIn = p } }

// Exclusive starts the task only when no predecessor generation is alive any more:
// for work that two processes must never do at once.
func Exclusive() TaskOption { return func(t *task) { t.exclusive = true } }

// Go runs fn as a background task, from the phase Tasks of the start on, or at once
// if that has passed. Go does not block and may be called at any time. Once a stop
// has begun, it refuses with a warning event, and fn never runs.
//
// The name need not be unique: the second "mailer" is "mailer#2". A task that has
// ended is removed, so Go may be called for short jobs too.
func (a *App) Go(name string, fn TaskFunc, opts ...TaskOption) {
	t := newTask(name, fn, opts)
	t.source = caller.Source()
	if err := t.check(); err != nil {
		a.misuse(err)
		return
	}
	a.plan.mu.Lock()
	for i := 2; a.plan.tasks[t.name]; i++ {
		t.name = fmt.Sprintf("%s#%d", name, i)
	}
	running := a.plan.state == StateReady || a.plan.state == StateStarting && a.plan.passed(Tasks)
	await := &member{Hook: Hook{Name: "task " + t.name, source: t.source, StartIn: Tasks, StopIn: t.finishIn, OnStop: t.finish}}
	pull := &member{Hook: Hook{Name: "task " + t.name, source: t.source, StartIn: Tasks, StopIn: t.stopIn, OnStop: t.stopPulling}}
	if !running {
		await.OnStart = func(context.Context) error { go a.runTask(t); return nil }
	}
	err := a.plan.join(await)
	if err == nil && t.stopIn != t.finishIn {
		_ = a.plan.join(pull) // same state, same lock: it cannot fail where the other did not
	}
	if err == nil {
		a.plan.tasks[t.name] = true
		t.members = []*member{await, pull}
	}
	a.plan.mu.Unlock()
	switch {
	case err != nil:
		t.cancel(nil)
		a.misuse(err)
	case running:
		go a.runTask(t)
	}
}
