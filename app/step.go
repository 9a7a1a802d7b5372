package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// errGoexit is what a hook that called runtime.Goexit is reported with;
// testing.T.FailNow is the usual way to do so.
var errGoexit = errors.New("called runtime.Goexit instead of returning")

// errAbandoned is what a function that outlived its time is reported with.
var errAbandoned = errors.New("did not return in time and was abandoned")

// run calls fn on a goroutine of its own and waits for it, but not longer than
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
		out := Step{Outcome: OutcomeExited, Err: errGoexit}
		defer func() {
			if v := recover(); v != nil {
				out = Step{Outcome: OutcomePanicked, Err: panicError(v), Stack: string(debug.Stack())}
			}
			result <- out
		}()
		id <- goroutineID()
		if err := fn(ctx); err != nil {
			out = Step{Outcome: OutcomeFailed, Err: err}
		} else {
			out = Step{Outcome: OutcomeDone}
		}
	}()

	out, ok := await(ctx, result, grace)
	if !ok {
		out = Step{Outcome: OutcomeAbandoned, Err: errAbandoned, Stack: stackOf(<-id)}
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

// panicError keeps a panic's value as an error, so that errors.Is sees through.
func panicError(v any) error {
	if err, ok := v.(error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic: %v", v)
}

// goroutineID reads the number that runtime.Stack prints first. It is used to
// find one goroutine's stack in a dump of all, and for nothing else.
func goroutineID() uint64 {
	var buf [64]byte
	fields := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	if len(fields) < 2 {
		return 0
	}
	n, _ := strconv.ParseUint(string(fields[1]), 10, 64)
	return n
}

// stackOf returns the stack of goroutine id, or "" if it has ended meanwhile.
// It stops the world; it runs only when something hangs.
func stackOf(id uint64) string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	head := []byte("goroutine " + strconv.FormatUint(id, 10) + " [")
	for block := range bytes.SplitSeq(buf, []byte("\n\n")) {
		if bytes.HasPrefix(block, head) {
			return string(block)
		}
	}
	return ""
}
