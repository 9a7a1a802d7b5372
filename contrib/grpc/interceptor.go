package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/gracefulfx/graceful/app"
)

// errStopping is the error that the client reads when the stop has ended its call,
// which may be tried again at another server.
var errStopping = status.Error(codes.Unavailable, "the server is stopping")

func (c *Calls) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (res any, err error) {
	defer func() { err = c.outcome(recover(), info.FullMethod, err) }()
	return next(ctx, req)
}

func (c *Calls) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	s := newStream(c, ss, info.FullMethod)
	return s.serve(func() (err error) {
		defer func() { err = c.outcome(recover(), info.FullMethod, err) }()
		return next(srv, s)
	})
}

// outcome returns the error of a call that panicked or that the stop has cancelled,
// and otherwise err.
func (c *Calls) outcome(panicked any, method string, err error) error {
	if panicked != nil {
		return c.panicked(panicked, method)
	}
	if err != nil && c.ended() != nil {
		return stopped(err)
	}
	return err
}

// stopped replaces the status of a call that the stop has cancelled: its client
// has cancelled nothing.
func stopped(err error) error {
	s, ok := status.FromError(err)
	if !ok {
		s = status.FromContextError(err)
	}
	var reason *app.Reason
	if s.Code() == codes.Canceled || errors.As(err, &reason) {
		return errStopping
	}
	return err
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
