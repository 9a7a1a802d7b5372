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

// Go makes t a task that runs only while this process leads, once for each term. It
// must be called before the start of a, and does not block. A lease goes to a
// successor by way of sockets, which may be nil.
//
// The process campaigns as soon as it is ready; in an upgrade, as soon as the old
// process has finished. If Run returns nil, the task is done: the process resigns
// and campaigns no more. An error counts as that of any task, so app.Restart
// campaigns again; an error that Run returns because its term is over does not
// count.
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

// candidate is a process that leads or campaigns.
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
		sleep(wait, pause/2+rand.N(pause)) // the processes of a fleet must not retry in step
		pause = min(2*pause, mostPause)
	}
	return nil
}

// untilStop returns a context that ends when the task must not begin anything new:
// when it must stop pulling work, or stop altogether.
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

// lead runs the task for one term. again is true if there may be another term.
func (c *candidate) lead(ctx context.Context, won Leadership) (again bool, err error) {
	term := won.Term()
	left := false
	leave := func(how func()) {
		left = true
		how()
		term.End(ErrLost)
		c.status.end()
	}
	defer func() { // even if the task panics
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

// notCancelled returns err, or nil if it says only that the context ended.
func notCancelled(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrLost) {
		return nil
	}
	return err
}

// watch warns of a task that still runs when another process may lead.
func (c *candidate) watch(ctx context.Context, term *Term) {
	if !errors.Is(context.Cause(ctx), ErrLost) {
		return // a stop, which has its own time limit
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
