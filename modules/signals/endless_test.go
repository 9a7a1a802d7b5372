//go:build unix

package signals

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
)

func TestSignalsOfEndless(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		r.app.Handle(app.Upgrade, func(context.Context, app.Request) (app.Answer, error) { return app.Answer{}, nil })
		r.app.At(app.Drain, "clients", func(ctx context.Context) error { <-ctx.Done(); app.Count(ctx, "hurried", 1); return nil })
		var stopped bool
		r.app.Add(app.Hook{Name: "last", OnStop: func(context.Context) error { stopped = true; return nil }})
		r.start(t, Endless()...)

		r.Send(syscall.SIGHUP)
		synctest.Wait()
		if got := r.answers(); len(got) != 1 || got[0].Command != app.Upgrade || got[0].By != "SIGHUP" {
			t.Errorf("SIGHUP: got %v, want one upgrade", got)
		}
		for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGTSTP, syscall.SIGUSR2, syscall.SIGUSR2} {
			r.Send(sig)
			synctest.Wait()
			time.Sleep(sameWish) // of the bubble
		}
		if why := r.app.Reason(); why != nil {
			t.Errorf("got a stop, %v", why)
		}
		if got := r.notes(); !slices.Contains(got, "nothing to hurry: no stop is going on") {
			t.Errorf("got notes %q", got)
		}
		r.Send(syscall.SIGTERM)
		synctest.Wait()
		if stopped {
			t.Error("the stop does not wait for clients")
		}
		for range 3 {
			r.Send(syscall.SIGUSR2)
			synctest.Wait()
			time.Sleep(sameWish) // of the bubble
		}
		report := r.end(t)
		if report.Counts()["hurried"] == 0 || !stopped || report.Code != 0 || r.exits() != nil {
			t.Errorf("got %v, counts %v, exit codes %v, want a hurried stop and exit code 0", report, report.Counts(), r.exits())
		}
	})
}

// The generation that a successor has replaced is hurried as well, as by the hammer
// of endless.
func TestHurryCutsTheDrainOfAReplacedGeneration(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig()
		var why error
		r.app.At(app.Drain, "clients", func(ctx context.Context) error { <-ctx.Done(); why = context.Cause(ctx); return nil })
		r.start(t, Row{Signal: syscall.SIGUSR1, Action: Hurry})
		r.app.Stop(app.Reason{Kind: app.Replaced})
		synctest.Wait()
		began := time.Now()
		r.Send(syscall.SIGUSR1)
		r.end(t)
		var reason *app.Reason
		if !errors.As(why, &reason) || reason.By != "SIGUSR1" || time.Since(began) > time.Second {
			t.Errorf("got %v after %v, want SIGUSR1 at once", why, time.Since(began))
		}
	})
}

func TestPresetJoinsTheTable(t *testing.T) {
	var table Table
	app := fx.New(fx.NopLogger, app.Module, Module, Like(Endless()),
		Before(syscall.SIGHUP, "pre", func(context.Context, Event) error { return nil }), fx.Populate(&table))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	want := "SIGHUP → pre → upgrade · SIGINT → stop · SIGUSR1 → ignore · SIGUSR2 → hurry · SIGPIPE → ignore · SIGTERM → stop · SIGTSTP → ignore"
	if got := table.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
