package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/gracefulfx/graceful/app"
)

// Calls knows the calls in flight. Its interceptors give the context of every
// call what the contexts of this framework have: app.Draining works, and when
// time is nearly up it is cancelled with the *app.Reason as its Cause. A panic
// in a handler becomes the status Internal and a note with its stack.
type Calls struct {
	app      *app.App
	inFlight atomic.Int64
	begun    atomic.Int64
	panics   atomic.Int64
	drained  atomic.Int64 // ended after the drain had begun
	draining <-chan struct{}
	last     context.Context // ends with the last call
	lastCall context.CancelCauseFunc
}

// NewCalls returns the calls of one server, none so far.
func NewCalls(a *app.App) *Calls {
	c := &Calls{app: a, draining: app.Draining(a.Wiring().WithDraining(context.Background()))}
	c.last, c.lastCall = context.WithCancelCause(context.Background())
	return c
}

// ServerOptions returns what a grpc.Server must be made with to have its calls
// counted and told. Module does so itself.
func (c *Calls) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(c.unary),
		grpc.ChainStreamInterceptor(c.stream),
	}
}

func (c *Calls) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (res any, err error) {
	ctx, end := c.begin(ctx)
	defer func() { err = end(recover(), info.FullMethod, err) }()
	return next(ctx, req)
}

func (c *Calls) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	if info.FullMethod == healthpb.Health_Watch_FullMethodName {
		return c.watch(srv, ss, next)
	}
	ctx, end := c.begin(ss.Context())
	defer func() { err = end(recover(), info.FullMethod, err) }()
	return next(srv, &stream{ss, ctx})
}

// watch ends with the drain: who watches our health would otherwise keep us
// from the end it wants to see.
func (c *Calls) watch(srv any, ss grpc.ServerStream, next grpc.StreamHandler) error {
	ctx, cancel := context.WithCancel(ss.Context())
	defer cancel()
	go func() {
		select {
		case <-c.draining:
			cancel()
		case <-ctx.Done():
		}
	}()
	return next(srv, &stream{ss, ctx})
}

type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *stream) Context() context.Context { return s.ctx }

// begin counts a call. The function it returns must be called with what
// recover returns when the call is over.
func (c *Calls) begin(ctx context.Context) (context.Context, func(panicked any, method string, err error) error) {
	c.inFlight.Add(1)
	c.begun.Add(1)
	ctx, cancel := context.WithCancelCause(c.app.Wiring().WithDraining(ctx))
	detach := context.AfterFunc(c.last, func() { cancel(context.Cause(c.last)) })
	return ctx, func(panicked any, method string, err error) error {
		detach()
		cancel(nil)
		c.inFlight.Add(-1)
		select {
		case <-c.draining:
			c.drained.Add(1)
		default:
		}
		if panicked != nil {
			return c.panicked(panicked, method)
		}
		return c.verdict(err)
	}
}

func (c *Calls) panicked(v any, method string) error {
	c.panics.Add(1)
	err, ok := v.(error)
	if !ok {
		err = fmt.Errorf("%v", v)
	}
	c.app.Note(app.Note{Level: slog.LevelError, Text: "panic in a handler", Err: err, Attrs: []slog.Attr{
		slog.String("method", method), slog.String("stack", string(debug.Stack())),
	}})
	return status.Error(codes.Internal, "internal error")
}

// verdict makes of a call that was cancelled by us one that may be tried
// elsewhere: its client has cancelled nothing.
func (c *Calls) verdict(err error) error {
	if err == nil || c.last.Err() == nil {
		return err
	}
	s, ok := status.FromError(err)
	if !ok {
		s = status.FromContextError(err)
	}
	var reason *app.Reason
	if s.Code() == codes.Canceled || errors.As(err, &reason) {
		return status.Error(codes.Unavailable, "the server is stopping")
	}
	return err
}

func (c *Calls) figures(server string) []app.Metric {
	labels := []string{"server", server}
	return []app.Metric{
		{Name: "grpc_calls_total", Help: "Calls begun.", Labels: labels, Value: float64(c.begun.Load()), Total: true},
		{Name: "grpc_calls_in_flight", Help: "Calls that have not ended.", Labels: labels, Value: float64(c.inFlight.Load())},
		{Name: "grpc_panics_total", Help: "Panics in handlers.", Labels: labels, Value: float64(c.panics.Load()), Total: true},
	}
}
