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

// Draining returns a channel that is closed when work under ctx should end soon: a
// stream should send its last event, a consumer should stop pulling. For a request
// that is when Unbind begins, for a task when the phase of StopIn does. The context
// itself lives on until the work is done or its time is up.
//
// For a context of no application the channel is nil: it is never ready in a
// select.
func Draining(ctx context.Context) <-chan struct{} {
	c, _ := ctx.Value(drainKey{}).(<-chan struct{})
	return c
}
