package grpcserver

import (
	"context"
	"log/slog"
	"time"

	"github.com/gracefulfx/graceful/app"
)

const (
	// newcomer is how long a connection may be open without sending anything before
	// a drain closes it. A gRPC client sends its preface at once, so this only has
	// to cover round trips.
	newcomer = time.Second
	// look is how often a drain checks the connections.
	look = 20 * time.Millisecond
	// lastMoment is the time for a handler to notice that its context has ended
	// when no other time is left, because the stop is hurried.
	lastMoment = 50 * time.Millisecond
)

// drain sends GOAWAY to the clients and waits for the calls in flight: for as long
// as there is time, minus what their handlers need to end once their contexts are
// cancelled. The calls that remain are cut.
func (s *Server) drain(ctx context.Context) error {
	d := s.beginDrain()
	patient, cancel := context.WithTimeout(ctx, untilLastCall(ctx))
	defer cancel()
	if !d.wait(patient) {
		s.calls.lastCall(app.ReasonOf(ctx))
		brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastMoment)
		defer cancel()
		if !d.wait(ctx) && !d.wait(brief) {
			d.cut(ctx)
		}
	}
	_, drained := s.calls.count()
	app.Count(ctx, "drained", drained)
	if d.unresponsive > 0 {
		app.Count(ctx, "unresponsive", int64(d.unresponsive))
	}
	return nil
}

// draining is a drain under way.
type draining struct {
	*Server
	done         chan struct{} // closed when GracefulStop has returned
	moved        uint64        // see listener.moved
	quietSince   time.Time
	unresponsive int // connections closed because their clients did not answer
}

func (s *Server) beginDrain() *draining {
	d := &draining{Server: s, done: make(chan struct{}), quietSince: time.Now()}
	s.listener.drain()
	s.warnUnwatched()
	go func() {
		defer close(d.done)
		s.grpc.GracefulStop()
		<-s.served
	}()
	return d
}

// wait reports whether the drain is complete before ctx ends: grpc-go has closed
// every connection, every handler has returned, and the clients have every byte.
func (d *draining) wait(ctx context.Context) bool {
	tick := time.NewTicker(look)
	defer tick.Stop()
	done := d.done
	for {
		select {
		case <-done:
			done = nil
		case now := <-tick.C:
			d.look(now)
		case <-ctx.Done():
			return false
		}
		if d.over() {
			return true
		}
	}
}

func (d *draining) over() bool {
	select {
	case <-d.done:
	default:
		return false
	}
	d.listener.closeDelivered()
	open, _ := d.calls.count()
	_, leaving := d.listener.count()
	return open == 0 && leaving == 0
}

// look closes connections on which nothing will happen. Those whose clients do not
// answer get grpc.linger, which runs while no call is open and no byte moves; it
// does not run for a server whose calls cannot be seen.
func (d *draining) look(now time.Time) {
	d.listener.closeSilent(newcomer)
	moved := d.listener.moved()
	open, _ := d.calls.count()
	if open > 0 || moved != d.moved || !d.calls.watching.Load() {
		d.moved, d.quietSince = moved, now
		return
	}
	if now.Sub(d.quietSince) <= d.config().Linger {
		return
	}
	if n := d.listener.closeUnanswered(); n > 0 {
		d.unresponsive += n
		d.app.Note(app.Note{Level: slog.LevelInfo, Text: "connections closed: their clients did not answer GOAWAY within grpc.linger",
			Attrs: []slog.Attr{slog.String("server", d.name), slog.Int("connections", n)}})
	}
}

// cut closes every connection and notes what was lost. grpc.Server.Stop alone would
// wait for connections in a handshake. A handler that does not return is abandoned.
func (d *draining) cut(ctx context.Context) {
	names := d.calls.names()
	calls, _ := d.calls.count()
	conns := d.listener.closeAll()
	go d.grpc.Stop()
	lost := calls
	if lost == 0 {
		lost = int64(conns) // of calls whose handlers have returned, or that cannot be seen
	}
	app.Count(ctx, "cut", lost)
	d.app.Note(app.Note{Level: slog.LevelWarn, Text: "calls cut: they did not end in time", Err: context.Cause(ctx),
		Attrs: []slog.Attr{slog.String("server", d.name), slog.Int64("calls", calls), slog.Int("connections", conns),
			slog.String("methods", names)}})
	brief := time.NewTimer(lastMoment)
	defer brief.Stop()
	select {
	case <-d.done:
	case <-brief.C:
	}
}

// warnUnwatched warns once of a server that was made without Calls.ServerOptions.
func (s *Server) warnUnwatched() {
	if s.calls.watching.Load() || !s.listener.heard() {
		return
	}
	s.app.Note(app.Note{Level: slog.LevelWarn,
		Text:  "calls cannot be seen: the grpc.Server was made without grpcserver.Calls.ServerOptions",
		Attrs: []slog.Attr{slog.String("server", s.name)}})
}

// untilLastCall returns when contexts of calls are cancelled: a fifth of the time
// before the end, one second at most.
func untilLastCall(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Duration(1<<63 - 1)
	}
	left := time.Until(deadline)
	return left - min(left/5, time.Second)
}
