package grpcserver

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// endless are methods whose clients keep the stream open for as long as the server
// lives. They end when the drain begins, all others at the last call.
var endless = map[string]bool{
	healthpb.Health_Watch_FullMethodName:                             true,
	"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo":      true,
	"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": true,
}

// stream is a stream that the server can end although its handler waits for the
// client. In grpc-go RecvMsg waits for a message or for the end of the client's
// stream, even after the context has ended, and the stream lasts until the handler
// returns.
//
//	idle ──RecvMsg──▶ receiving ──message──▶ idle
//	  │                   │
//	  └──── the stop ─────┴──▶ ended: RecvMsg returns errStopping
type stream struct {
	grpc.ServerStream
	calls  *Calls
	call   *call // nil without the stats handler
	early  bool
	ctx    context.Context
	cancel context.CancelFunc
	state  atomic.Int32
}

const (
	idle int32 = iota
	receiving
	ended
)

func newStream(c *Calls, ss grpc.ServerStream, method string) *stream {
	s := &stream{ServerStream: ss, calls: c, call: callOf(ss.Context()), early: endless[method]}
	s.ctx, s.cancel = context.WithCancel(ss.Context())
	return s
}

func (s *stream) Context() context.Context { return s.ctx }

func (s *stream) RecvMsg(m any) error {
	if !s.state.CompareAndSwap(idle, receiving) {
		return errStopping
	}
	err := s.ServerStream.RecvMsg(m)
	if !s.state.CompareAndSwap(receiving, idle) {
		return errStopping
	}
	return err
}

// serve runs the handler until it returns, or until the stream has to end while the
// handler waits in RecvMsg. In that case grpc-go sends the status and ends the
// stream, so that RecvMsg returns, and the call stays open until the handler has
// returned as well.
func (s *stream) serve(handler func() error) error {
	defer s.cancel()
	done := make(chan error, 1)
	if s.call != nil {
		s.calls.use(s.call)
	}
	go func() {
		err := errStopping // if the handler ends its goroutine
		defer func() {
			if s.call != nil {
				s.calls.release(s.call)
			}
			done <- err
		}()
		err = handler()
	}()
	select {
	case err := <-done:
		return err
	case <-s.end():
	}
	if !s.early && s.calls.ended() == nil { // the client is gone
		return <-done
	}
	if s.state.Swap(ended) == receiving {
		return errStopping
	}
	s.cancel()
	if err := <-done; err != nil {
		return stopped(err)
	}
	return nil
}

// end returns a channel that is closed when the stream has to end.
func (s *stream) end() <-chan struct{} {
	if s.early {
		return s.calls.draining
	}
	return s.ctx.Done()
}
