// Package call runs functions that may fail, panic, exit their goroutine or never
// return.
package call

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// Outcome is how a call ended.
type Outcome int

// The outcomes.
const (
	Done Outcome = iota
	Failed
	Panicked
	Exited    // called runtime.Goexit
	Abandoned // still running when its time was over
)

// errAbandoned is the error of a function that outlived its time.
var errAbandoned = errors.New("did not return in time and was abandoned")

// Result is what came of a call.
type Result struct {
	Outcome Outcome
	Err     error
	Stack   string // where it panicked, or where it is now
}

// Run calls fn on a new goroutine and waits for it, but not longer than grace after
// ctx has ended. Whatever fn does, Run returns: a panic and runtime.Goexit become
// errors, and a function that does not return is abandoned, with its stack in the
// Result.
func Run(ctx context.Context, fn func(context.Context) error, grace func() time.Duration) Result {
	id := make(chan uint64, 1)
	result := make(chan Result, 1)
	go func() {
		r := Result{Outcome: Exited, Err: guard.ErrGoexit}
		defer func() {
			if v := recover(); v != nil {
				err := guard.Panic(v)
				r = Result{Outcome: Panicked, Err: err, Stack: guard.Stack(err)}
			}
			result <- r
		}()
		id <- guard.GoroutineID()
		if err := fn(ctx); err != nil {
			r = Result{Outcome: Failed, Err: err}
		} else {
			r = Result{}
		}
	}()

	r, ok := await(ctx, result, grace)
	if !ok {
		r = Result{Outcome: Abandoned, Err: errAbandoned, Stack: guard.StackOf(<-id)}
		if cause := context.Cause(ctx); cause != nil {
			r.Err = fmt.Errorf("%w (%w)", errAbandoned, cause)
		}
	}
	return r
}

// await receives from c, at most for grace() after ctx has ended.
func await(ctx context.Context, c <-chan Result, grace func() time.Duration) (r Result, ok bool) {
	select {
	case r = <-c:
		return r, true
	case <-ctx.Done():
	}
	t := time.NewTimer(grace())
	defer t.Stop()
	select {
	case r = <-c:
		return r, true
	case <-t.C:
		return r, false
	}
}
