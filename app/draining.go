package app

import "context"

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

// WithDraining returns a context with which Draining works: for servers, as
// the parent of every request's context.
func (w Wiring) WithDraining(ctx context.Context) context.Context {
	return context.WithValue(ctx, drainKey{}, (<-chan struct{})(w.app.draining))
}
