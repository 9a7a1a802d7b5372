package conns

import (
	"context"
	"net"
	"time"
)

// setKey is the key of a Set in the context of a request.
type setKey struct{}

// WithSet returns a context in which AddWaiter finds s.
func (s *Set) WithSet(ctx context.Context) context.Context {
	return context.WithValue(ctx, setKey{}, s)
}

// AddWaiter registers notify to be called when the drain begins, on a new
// goroutine. The drain waits until done is called. AddWaiter does nothing if ctx is
// of no Set.
func AddWaiter(ctx context.Context, notify func()) (done func()) {
	s, ok := ctx.Value(setKey{}).(*Set)
	if !ok {
		return func() {}
	}
	return s.waiters.Add(notify)
}

// Waiters returns the number of calls of AddWaiter that are not done.
func (s *Set) Waiters() int { return s.waiters.Len() }

// NotifyWaiters notifies them, see waiters.Waiters.Notify.
func (s *Set) NotifyWaiters(spread time.Duration) int { return s.waiters.Notify(spread) }

// WithConn returns the context of a connection in which Keep and Outlived find it.
func WithConn(ctx context.Context, nc net.Conn) context.Context {
	t := Of(nc)
	if t == nil {
		return ctx
	}
	t.inContext = connContext{ctx, t}
	return &t.inContext
}

// connContext is a context in which a connection is found. It is part of what is
// known of that: an idle connection consists of few small objects, which would
// otherwise lie scattered between those of requests.
type connContext struct {
	context.Context
	conn *Tracked
}

// Value implements context.Context.
func (c *connContext) Value(key any) any {
	if key == (trackedKey{}) {
		return c.conn
	}
	return c.Context.Value(key)
}
