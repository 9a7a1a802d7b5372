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
// It is called before the connection is served for the first time.
func WithConn(ctx context.Context, nc net.Conn) context.Context {
	t := Of(nc)
	if t == nil {
		return ctx
	}
	t.given = ctx
	return (*connContext)(t)
}

// Context returns the context given to SetContext, or else what WithConn has
// returned for the connection, or nil.
func (t *Tracked) Context() context.Context {
	switch {
	case t.ctx != nil:
		return t.ctx
	case t.given != nil:
		return (*connContext)(t)
	}
	return nil
}

// SetContext keeps a context for another server that serves the connection. It is
// called before that.
func (t *Tracked) SetContext(ctx context.Context) { t.ctx = ctx }

// connContext is a context in which a connection is found: the connection itself,
// since an idle one should consist of few small objects, which would otherwise lie
// scattered between those of requests.
type connContext Tracked

// Deadline implements context.Context.
func (c *connContext) Deadline() (time.Time, bool) { return c.given.Deadline() }

// Done implements context.Context.
func (c *connContext) Done() <-chan struct{} { return c.given.Done() }

// Err implements context.Context.
func (c *connContext) Err() error { return c.given.Err() }

// Value implements context.Context.
func (c *connContext) Value(key any) any {
	if key == (trackedKey{}) {
		return (*Tracked)(c)
	}
	return c.given.Value(key)
}
