package app_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestTaskIsCancelledWithTheReasonAndAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		var cause error
		finished := false
		a.Go("worker", func(ctx context.Context) error {
			<-ctx.Done()
			cause = context.Cause(ctx)
			time.Sleep(time.Second)
			finished = true
			return ctx.Err()
		})
		started(t, a)
		a.Stop(app.Reason{Kind: app.Requested, By: "test"})
		r := ended(t, a)
		var reason *app.Reason
		if !errors.As(cause, &reason) || reason.By != "test" {
			t.Errorf("cause %v", cause)
		}
		if !finished || r.Code != 0 {
			t.Errorf("finished %v, code %d: %v", finished, r.Code, r)
		}
	})
}

func TestTaskThatFailsAtItsEndIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		boom := errors.New("could not flush")
		a.Go("worker", func(ctx context.Context) error { <-ctx.Done(); return boom })
		started(t, a)
		a.Stop(app.Reason{})
		_, err := a.Wait(t.Context())
		if !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTaskThatDoesNotEndIsAbandonedAndNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a := app.New("test")
		a.Go("deaf", func(context.Context) error { <-release; return nil })
		started(t, a)
		a.Stop(app.Reason{})
		r := ended(t, a)
		if s := outcome(t, r, "down", "task deaf"); s.Outcome != app.OutcomeAbandoned {
			t.Errorf("outcome %v", s.Outcome)
		}
		if r.Down > app.DefaultStop().Timeout {
			t.Errorf("took %v", r.Down)
		}
	})
}

func TestConsumerStopsPullingInUnbindAndFinishesInDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, d := app.New("test"), &recorder{}
		a.Go("consumer", func(ctx context.Context) error {
			<-app.Draining(ctx)
			d.add("stopped pulling")
			if ctx.Err() != nil {
				t.Error("the context ended with the pulling")
			}
			time.Sleep(3 * time.Second)
			d.add("finished")
			return nil
		}, app.StopIn(app.Unbind), app.FinishIn(app.Drain))
		a.At(app.Tasks, "after", func(context.Context) error { d.add("tasks"); return nil })
		started(t, a)
		a.Stop(app.Reason{})
		r := ended(t, a)
		if got, want := d.all(), []string{"stopped pulling", "finished", "tasks"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if r.Code != 0 || r.Down != 3*time.Second {
			t.Errorf("code %d after %v", r.Code, r.Down)
		}
	})
}

// A task may end the application while others are being started. A task that waits
// for the stop sees it, although its own start was not over.
func TestTaskIsCancelledByAStopThatComesWhileTasksStart(t *testing.T) {
	for range 200 { // which of them comes first is up to the scheduler
		synctest.Test(t, func(t *testing.T) {
			a := app.New("test")
			a.Go("import", func(context.Context) error { return nil }, app.ExitWhenDone())
			for range 10 {
				a.Go("consumer", func(ctx context.Context) error { <-app.Draining(ctx); return nil }, app.StopIn(app.Unbind))
			}
			began := time.Now()
			_ = a.Start(t.Context())
			<-a.Done()
			if r := a.Report(); r.Code != 0 || time.Since(began) > time.Second {
				t.Errorf("got %v", r)
			}
		})
	}
}

func TestErrorOfATaskThatStopsPullingIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lost := errors.New("cannot acknowledge the last batch")
		a := app.New("test")
		a.Go("consumer", func(ctx context.Context) error { <-app.Draining(ctx); return lost }, app.StopIn(app.Unbind))
		started(t, a)
		a.Stop(app.Reason{})
		if _, err := a.Wait(t.Context()); !errors.Is(err, lost) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTaskThatDiesWhileOthersDrainMakesTheEndUnclean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := app.New("test")
		a.Go("mailer", func(ctx context.Context) error { return errors.Join(pass(time.Second)(ctx), errors.New("disk full")) })
		a.At(app.Drain, "requests", pass(3*time.Second))
		started(t, a)
		a.Stop(app.Reason{})
		if r := ended(t, a); r.Code != 1 || r.State != app.StateFailed {
			t.Errorf("%v, code %d", r.State, r.Code)
		}
	})
}

func TestErrorOfAStoppedTaskCountsUnlessItIsTheCancellation(t *testing.T) {
	lost := errors.New("flush failed")
	for _, c := range []struct {
		name string
		err  func(ctx context.Context) error
		code int
	}{
		{"nil", func(context.Context) error { return nil }, 0},
		{"the cancellation", func(ctx context.Context) error { return ctx.Err() }, 0},
		{"its cause", context.Cause, 0},
		{"both", func(ctx context.Context) error { return errors.Join(ctx.Err(), nil, context.Cause(ctx)) }, 0},
		{"of a client", func(ctx context.Context) error { return &url.Error{Op: "Get", URL: "/", Err: ctx.Err()} }, 0},
		{"of a dialer", func(ctx context.Context) error {
			_, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:1")
			return err
		}, 0},
		{"a server shut down", func(context.Context) error { return http.ErrServerClosed }, 0},
		{"a server shut down by it", func(ctx context.Context) error { return errors.Join(http.ErrServerClosed, ctx.Err()) }, 0},
		{"an error", func(context.Context) error { return lost }, 1},
		{"joined with it", func(ctx context.Context) error { return errors.Join(lost, ctx.Err()) }, 1},
		{"wrapped with it", func(ctx context.Context) error { return fmt.Errorf("%w: %w", lost, ctx.Err()) }, 1},
		{"in words around it", func(ctx context.Context) error { return fmt.Errorf("flush failed: %w", ctx.Err()) }, 1},
		{"a client's of something else", func(context.Context) error { return &url.Error{Op: "Get", URL: "/", Err: lost} }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := app.New("test")
			a.Go("worker", func(ctx context.Context) error { <-ctx.Done(); return c.err(ctx) })
			started(t, a)
			a.Stop(app.Reason{Kind: app.Requested, By: "test"})
			r, err := a.Wait(t.Context())
			if r.Code != c.code {
				t.Errorf("exit code %d, want %d: %v", r.Code, c.code, r)
			}
			if c.code != 0 && (err == nil || !strings.Contains(err.Error(), "flush failed")) {
				t.Errorf("got %v, want the task's own error", err)
			}
		})
	}
}

func TestTaskOfAServerThatWasShutDownIsDone(t *testing.T) {
	a := app.New("test")
	a.Go("server", func(context.Context) error { return http.ErrServerClosed }, app.ExitWhenDone())
	started(t, a)
	r, err := a.Wait(t.Context())
	if r.Reason.Kind != app.Done || r.Code != 0 || err != nil {
		t.Errorf("got %v, %v", r, err)
	}
}
