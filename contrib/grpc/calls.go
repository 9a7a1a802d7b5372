package grpcserver

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"github.com/gracefulfx/graceful/app"
)

// Calls tracks the open calls of a server: from their header, before interceptors
// run and messages are read, until grpc-go has written the last byte of the
// response. The context of every call is one of this framework: app.Draining works
// with it, and when time is nearly up it is cancelled with the *app.Reason as its
// Cause. A panic in a handler becomes the status Internal and a note with its
// stack.
type Calls struct {
	app      *app.App
	draining <-chan struct{}
	begun    atomic.Int64
	panics   atomic.Int64
	watching atomic.Bool // grpc-go has reported a connection

	mu      sync.Mutex // guards everything below
	open    map[*call]struct{}
	drained int64       // calls that ended after the drain had begun
	reason  *app.Reason // of the last call, nil before it
}

// call is an open call. Its context leads to it.
type call struct {
	method string
	began  time.Time
	cancel context.CancelCauseFunc
	users  int // grpc-go, and the goroutine of a stream's handler; guarded by Calls.mu
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// NewCalls returns the calls of one server; there are none yet.
func NewCalls(a *app.App) *Calls {
	draining := app.Draining(a.Wiring().WithDraining(context.Background()))
	return &Calls{app: a, draining: draining, open: map[*call]struct{}{}}
}

// ServerOptions returns the options with which a grpc.Server must be made, so that
// its calls are counted and end with the stop. Module uses them itself.
func (c *Calls) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.StatsHandler(watcher{c}),
		grpc.ChainUnaryInterceptor(c.unary),
		grpc.ChainStreamInterceptor(c.stream),
	}
}

// use adds a user of a call, which is open as long as it has one.
func (c *Calls) use(x *call) {
	c.mu.Lock()
	x.users++
	c.open[x] = struct{}{}
	reason := c.reason
	c.mu.Unlock()
	if reason != nil {
		x.cancel(reason)
	}
}

func (c *Calls) release(x *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if x.users--; x.users > 0 {
		return
	}
	delete(c.open, x)
	select {
	case <-c.draining:
		c.drained++
	default:
	}
}

// lastCall cancels the context of every call, also of later ones.
func (c *Calls) lastCall(reason *app.Reason) {
	c.mu.Lock()
	c.reason = reason
	open := make([]*call, 0, len(c.open))
	for x := range c.open {
		open = append(open, x)
	}
	c.mu.Unlock()
	for _, x := range open {
		x.cancel(reason)
	}
}

// ended returns the reason of the last call, or nil before it.
func (c *Calls) ended() *app.Reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// count returns how many calls are open, and how many ended in the drain.
func (c *Calls) count() (open, drained int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.open)), c.drained
}
