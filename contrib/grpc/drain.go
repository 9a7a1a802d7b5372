package grpcserver

import (
	"context"
	"log/slog"
	"time"

	"github.com/gracefulfx/graceful/app"
)

const (
	// newcomer is how long a connection may say nothing before a drain closes
	// it: long enough for what has arrived to be read.
	newcomer = 100 * time.Millisecond
	glance   = 20 * time.Millisecond
	// lastMoment is what a handler gets to notice that its context is gone
	// when there is no time left, because somebody hurries the stop.
	lastMoment = 50 * time.Millisecond
)

// drain sends everybody away and waits for the calls in flight: for as long as
// there is time, less what their handlers need to end once their contexts are
// cancelled. What is left at the end is cut.
func (s *Server) drain(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.grpc.GracefulStop()
		<-s.served
	}()
	silent := time.AfterFunc(newcomer, s.listener.closeSilent)
	defer silent.Stop()

	patient, cancel := context.WithTimeout(ctx, untilLastCall(ctx))
	defer cancel()
	if s.left(patient, done) {
		app.Count(ctx, "drained", s.calls.drained.Load())
		return nil
	}
	s.calls.lastCall(app.ReasonOf(ctx))
	if !s.left(ctx, done) && !s.leftWithin(lastMoment, done) {
		n := s.calls.inFlight.Load()
		app.Count(ctx, "cut", n)
		s.cut()
		s.app.Note(app.Note{Level: slog.LevelWarn, Text: "calls cut: they did not end in time", Err: context.Cause(ctx),
			Attrs: []slog.Attr{slog.String("server", s.name), slog.Int64("calls", n)}})
	}
	app.Count(ctx, "drained", s.calls.drained.Load())
	<-done
	return nil
}

// left waits until everybody has left, or nobody who is still here has a call
// in flight and does anything about leaving. It is false if ctx ends first.
func (s *Server) left(ctx context.Context, done <-chan struct{}) bool {
	look := time.NewTicker(glance)
	defer look.Stop()
	quietSince := time.Now()
	for {
		select {
		case <-done:
			return true
		case <-ctx.Done():
			return false
		case now := <-look.C:
			if s.calls.inFlight.Load() > 0 {
				quietSince = now
			} else if now.Sub(quietSince) > s.config().Linger {
				s.cut()
				<-done
				return true
			}
		}
	}
}

func (s *Server) leftWithin(d time.Duration, done <-chan struct{}) bool {
	brief, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return s.left(brief, done)
}

// cut closes every connection. grpc.Server.Stop alone would wait for those
// that are in a handshake.
func (s *Server) cut() {
	s.listener.closeAll(func(*conn) bool { return true })
	s.grpc.Stop()
}

// untilLastCall is when contexts of calls are cancelled: a fifth of the time
// before its end, one second at most.
func untilLastCall(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Duration(1<<63 - 1)
	}
	left := time.Until(deadline)
	return left - min(left/5, time.Second)
}
