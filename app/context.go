package app

import (
	"context"
	"errors"
)

type reasonKey struct{}

// ReasonOf returns the Reason of the stop that ctx belongs to: for a stop
// hook, whose context is still alive, and for everything whose context was
// cancelled by a stop. It returns nil if there is none.
func ReasonOf(ctx context.Context) *Reason {
	if r, ok := ctx.Value(reasonKey{}).(*Reason); ok {
		return r
	}
	var r *Reason
	if errors.As(context.Cause(ctx), &r) {
		return r
	}
	return nil
}

type drainKey struct{}

// Draining returns a channel that is closed when work under ctx should come to
// an end soon: a stream should send its last event, a consumer stop pulling.
// For a request that is when Unbind begins, for a task the phase of StopIn. The
// context itself lives on, until the work is done or time is up.
//
// With a context that knows no application the channel is nil: it is never
// ready in a select.
func Draining(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(drainKey{}).(<-chan struct{})
	return c
}
