package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// errAbandoned is what a function that outlived its time is reported with.
var errAbandoned = errors.New("did not return in time and was abandoned")

// run calls fn on a new goroutine and waits for it, but not longer than
// grace after ctx has ended. Whatever fn does, run returns: a panic and
// runtime.Goexit become errors, and a function that does not come back is left
// behind, named, with its stack.
func run(ctx context.Context, fn func(context.Context) error, grace func() time.Duration) Step {
	c := &counts{}
	ctx = context.WithValue(ctx, countsKey{}, c)
	s := Step{Began: time.Now()}
	id := make(chan uint64, 1)
	result := make(chan Step, 1)
	go func() {
		out := Step{Outcome: OutcomeExited, Err: guard.ErrGoexit}
		defer func() {
			if v := recover(); v != nil {
				err := guard.Panic(v)
				out = Step{Outcome: OutcomePanicked, Err: err, Stack: guard.Stack(err)}
			}
			result <- out
		}()
		id <- guard.GoroutineID()
		if err := fn(ctx); err != nil {
			out = Step{Outcome: OutcomeFailed, Err: err}
		} else {
			out = Step{Outcome: OutcomeDone}
		}
	}()

	out, ok := await(ctx, result, grace)
	if !ok {
		out = Step{Outcome: OutcomeAbandoned, Err: errAbandoned, Stack: guard.StackOf(<-id)}
		if cause := context.Cause(ctx); cause != nil {
			out.Err = fmt.Errorf("%w (%w)", errAbandoned, cause)
		}
	}
	s.Outcome, s.Err, s.Stack, s.Counts = out.Outcome, out.Err, out.Stack, c.take()
	s.Took = time.Since(s.Began)
	return s
}

// await receives from c until grace, asked for then, after ctx has ended.
func await[T any](ctx context.Context, c <-chan T, grace func() time.Duration) (v T, ok bool) {
	select {
	case v = <-c:
		return v, true
	case <-ctx.Done():
	}
	t := time.NewTimer(grace())
	defer t.Stop()
	select {
	case v = <-c:
		return v, true
	case <-t.C:
		return v, false
	}
}

// record runs fn as the part of m in phase p and puts it into the report.
func (a *App) record(ctx context.Context, way string, p Phase, m *member, fn func(context.Context) error, grace func() time.Duration) Step {
	a.history.begin(m, p)
	s := run(ctx, fn, grace)
	s.Way, s.Phase, s.Name, s.Source = way, p, m.Name, m.source
	if d, ok := ctx.Deadline(); ok {
		s.Slow = s.Took > d.Sub(s.Began)/2
	}
	a.history.end(m, s)
	a.emit(StepEnded{s})
	return s
}
