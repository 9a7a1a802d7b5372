package leader

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/gracefulfx/graceful/app"
)

const (
	firstPause = 500 * time.Millisecond // between two campaigns that fail
	mostPause  = 10 * time.Second
)

// Go makes t a task that runs only while this process leads, as often as it comes
// to lead. It is to be called before the start of a. sockets, which may be nil, are
// the way to a successor.
//
// The process campaigns as soon as it is ready, in an upgrade as soon as the old
// process has finished. A Run that returns nil has done what there was to do: the
// process resigns and campaigns no more. An error is that of any task, so
// app.Restart campaigns again; what Run returns because its term is over is not an
// error.
func Go(a *app.App, sockets app.Sockets, e Elector, t app.Task) {
	c := &candidate{app: a, task: t, elector: e}
	a.Add(app.Hook{
		Name: "leader " + t.Name, StartIn: app.Bind, StopIn: app.Final,
		OnStart: func(context.Context) error { return c.passage.open(sockets, t.Name) },
		OnStop:  func(context.Context) error { c.passage.close(); return nil },
	})
	a.Wiring().AddMetrics(c.metrics)
	a.Go(t.Name, c.run, t.Options...)
}

// candidate is a process that leads, or would.
type candidate struct {
	app     *app.App
	task    app.Task
	elector Elector
	passage passage
	status  status
}

// run is the task of the application.
func (c *candidate) run(ctx context.Context) error {
	if c.task.Run == nil {
		return errors.New("it has no function")
	}
	defer c.passage.close()
	wait, cancel := untilStop(ctx)
	defer cancel()
	select {
	case <-c.app.Ready():
	case <-wait.Done():
		return nil
	}
	handed := c.passage.receive(wait)
	pause := firstPause
	for failing := false; wait.Err() == nil; {
		won, err := c.elector.Campaign(wait, handed)
		handed = nil
		if err == nil {
			failing, pause = false, firstPause
			if again, err := c.lead(ctx, won); !again {
				return err
			}
			continue
		}
		if wait.Err() != nil {
			break
		}
		if !failing {
			failing = true
			c.note(slog.LevelWarn, "no election can be held: the task waits", err)
		}
		sleep(wait, pause/2+rand.N(pause)) // a fleet must not come back in step
		pause = min(2*pause, mostPause)
	}
	return nil
}

// untilStop returns a context that ends when the task must not begin anything: when
// it is to stop pulling work, or to stop altogether.
func untilStop(ctx context.Context) (context.Context, context.CancelFunc) {
	wait, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-app.Draining(ctx):
			cancel()
		case <-wait.Done():
		}
	}()
	return wait, cancel
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// lead runs the task for one term. again reports whether there may be another.
func (c *candidate) lead(ctx context.Context, won Leadership) (again bool, err error) {
	term := won.Term()
	left := false
	leave := func(how func()) {
		left = true
		how()
		term.End(ErrLost)
		c.status.end()
	}
	defer func() { // also of a task that panics
		if !left {
			leave(won.Resign)
		}
	}()
	c.status.begin(term.Token)
	c.note(slog.LevelInfo, "the task leads", nil, slog.Int64("token", term.Token))
	tctx := term.Context(ctx)
	late := context.AfterFunc(tctx, func() { c.watch(tctx, term) })
	err = c.task.Run(tctx)
	late()
	lost := term.Err()
	switch reason := c.app.Reason(); {
	case reason != nil && reason.Kind == app.Replaced && lost == nil:
		leave(func() { won.HandOver(c.passage.send) })
	default:
		leave(won.Resign)
	}
	if lost == nil || ctx.Err() != nil {
		return false, err
	}
	c.note(slog.LevelWarn, "the task does not lead any more", errors.Join(lost, notCancelled(err)))
	return true, nil
}

// notCancelled is nil for an error that says no more than that the context ended.
func notCancelled(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrLost) {
		return nil
	}
	return err
}

// watch warns of a task that still runs when another process may lead.
func (c *candidate) watch(ctx context.Context, term *Term) {
	if !errors.Is(context.Cause(ctx), ErrLost) {
		return // a stop, which has its own patience
	}
	timer := time.NewTimer(term.lasts / 2) // the rest of the lease
	defer timer.Stop()
	select {
	case <-timer.C:
		if c.status.is(term.Token) {
			c.note(slog.LevelError, "the task has not returned, and another process may lead: it must return when its context ends", term.Err())
		}
	case <-c.app.Stopping():
	}
}

func (c *candidate) note(level slog.Level, text string, err error, attrs ...slog.Attr) {
	c.app.Note(app.Note{Level: level, Text: text, Err: err, Attrs: append(attrs, slog.String("task", c.task.Name))})
}
