package httpserver

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/listener"
)

// lameDuck asks clients to leave while the server goes on accepting. It does not
// wait: the phase does.
func (s *Server) lameDuck(context.Context) error {
	s.leave()
	return nil
}

// leave makes every response say goodbye from now on, and asks HTTP/2 clients to
// leave.
func (s *Server) leave() {
	s.conns.Leave()
	s.h2.ShutDown()
}

// beforeDraining makes responses say goodbye and counts them as drained, also those
// that handlers give as soon as the channel of app.Draining is closed.
func (s *Server) beforeDraining() {
	s.conns.Leave()
	s.conns.StartDraining()
}

// unbind closes the listening sockets. Connections that wait in their queues are
// accepted, and their clients are asked to leave.
func (s *Server) unbind(ctx context.Context) error {
	s.leave()
	s.conns.StartDraining()
	app.Count(ctx, "told", int64(s.conns.NotifyWaiters(s.config().Spread)))
	s.mu.Lock()
	g, serving := s.listeners, s.serving
	s.gone = true
	s.mu.Unlock()
	s.original.ShutDown()
	if s.secure != nil {
		s.secure.keep.Close()
	}
	if s.predecessor != nil { // what it has handed over is ours; it keeps the rest
		_ = s.predecessor.Close()
		if serving {
			s.adopting.Wait()
		}
	}
	replaced := app.ReasonOf(ctx).Kind == app.Replaced
	return g.Retire(ctx, func(l *listener.Listener) listener.Retiring {
		return listener.Retiring{Serving: serving, Replaced: replaced, Alone: s.alone(l)}
	})
}

// drain waits for the last connection. Requests in flight get all of the time, less
// what their handlers need to end once their contexts are cancelled; idle
// connections may linger. Connections that are left at the end are cut.
func (s *Server) drain(ctx context.Context) error {
	reason := app.ReasonOf(ctx)
	linger := s.config().Linger
	if reason.Signal == os.Interrupt {
		linger = 0 // a person at the terminal waits
	}
	s.conns.Seal()

	last := lastCall(ctx)
	patient, cancel := before(ctx, last)
	defer cancel()
	polite, cancel := before(ctx, last/2)
	defer cancel()
	returned := s.functionsReturned()
	cause := s.conns.Drain(patient, linger)
	app.Count(ctx, "drained", s.answered.Load()) // before any is cancelled
	if !<-returned {
		s.noteUnfinished() // it reads every stack, so not when the time is over
	}
	if cause != nil {
		s.cancelled(ctx, cause)
	}
	s.endRequests(reason)
	s.helpers.Wait()
	if cause != nil {
		if cause = s.conns.Drain(polite, 0); ctx.Err() != nil && s.emptyWithin(lastMoment) {
			cause = nil
		}
	}
	app.Count(ctx, "idle_closed", s.conns.Lingered())
	if cause != nil {
		return s.cut(ctx, cause)
	}
	s.conns.Queue.Stop()
	var errs []error
	for _, hs := range s.all() {
		errs = append(errs, hs.Shutdown(ctx)) // without connections it only marks the server
	}
	return errors.Join(errs...)
}

// functionsReturned looks, while requests drain, whether the functions of
// RegisterOnShutdown have returned: with the last answer a stop is to end at once,
// not to read every stack.
func (s *Server) functionsReturned() <-chan bool {
	returned := make(chan bool, 1)
	s.helpers.Go(func() { returned <- len(s.original.Unfinished()) == 0 })
	return returned
}

// noteUnfinished reports functions of RegisterOnShutdown that have not returned.
// They hold nothing up, but should have.
func (s *Server) noteUnfinished() {
	running := s.original.Unfinished()
	for pause := time.Millisecond; len(running) > 0 && pause < 50*time.Millisecond; pause *= 2 {
		time.Sleep(pause) // after a short drain they have only just begun
		running = s.original.Unfinished()
	}
	if len(running) > 0 {
		s.note(slog.LevelWarn, "functions of RegisterOnShutdown have not returned; the stop goes on", nil, slog.Any("functions", running))
	}
}

// lastCall returns how long before the end of ctx the contexts of requests are
// cancelled. Half of it is for handlers to notice, the rest for the cut.
func lastCall(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0
	}
	return app.LastCall(time.Until(deadline))
}

// cancelled warns of the requests whose contexts are about to be cancelled. They do
// not count as drained, even if their handlers return.
func (s *Server) cancelled(ctx context.Context, cause error) {
	n := len(s.inFlight.inFlight())
	if n == 0 {
		return
	}
	app.Count(ctx, "cancelled", int64(n))
	s.note(slog.LevelWarn, "requests cancelled: they did not end in time", cause,
		slog.Int("requests", n), slog.Any("oldest", s.oldestCut()))
}

// before returns a context that ends with ctx, or d before its deadline.
func before(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, deadline.Add(-d), errors.New("the time for requests in flight is over"))
}

// lastMoment is the time that a handler gets to notice the end of its context or
// connection when there is no time left, because the stop is hurried.
const lastMoment = 10 * time.Millisecond

func (s *Server) emptyWithin(d time.Duration) bool {
	brief, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return s.conns.Drain(brief, 0) == nil
}

// cut closes what is left by force. That is not an error of the stop, since a
// request without an end must be cut at a deadline, but it is worth a warning.
func (s *Server) cut(ctx context.Context, cause error) error {
	unacked := s.conns.Unacked()
	n := s.conns.Len() + unacked
	app.Count(ctx, "cut", int64(n))
	s.overdue.Add(int64(n))
	s.note(slog.LevelWarn, "connections cut: their requests did not end in time", cause,
		slog.Int("connections", n), slog.Int("unacknowledged", unacked), slog.Any("oldest", s.oldestCut()))
	s.conns.CutUnacked()
	s.conns.CutHijacked()
	s.conns.CutHandshakes()
	s.conns.CloseResting()
	s.conns.Queue.Stop()
	var errs []error
	for _, hs := range s.all() {
		errs = append(errs, hs.Close())
	}
	s.h2.Close()
	s.emptyWithin(lastMoment)
	return errors.Join(errs...)
}

// oldestCut returns the requests to name when connections are cut.
func (s *Server) oldestCut() (list []string) {
	for _, r := range s.oldest(5) {
		list = append(list, r.String())
	}
	return list
}
