//go:build unix

package signals

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
)

func TestModuleStartsAndStops(t *testing.T) {
	t.Parallel()
	fake := &Fake{}
	done := make(chan app.Answer, 1)
	var table Table
	x := fxtest.New(t, app.Module, Module,
		fx.Supply(Env{Source: fake}),
		// A module of the application may add rows too.
		fx.Module("mine", On(syscall.SIGUSR1, Do("dump"))),
		Before(syscall.SIGUSR1, "ask", nothing),
		After(syscall.SIGUSR1, "tell", func(_ context.Context, e Event) error { done <- e.Answer; return nil }),
		fx.Invoke(func(a *app.App) {
			a.Handle("dump", func(context.Context, app.Request) (app.Answer, error) { return app.Answer{Text: "dumped"}, nil })
		}),
		fx.Populate(&table),
	)
	x.RequireStart()
	if got, want := table.String(), "SIGHUP → reload · SIGINT → stop · SIGUSR1 → ask → dump → tell · SIGUSR2 → upgrade · SIGPIPE → ignore · SIGTERM → stop"; got != want {
		t.Errorf("table: got %s, want %s", got, want)
	}
	fake.Send(syscall.SIGUSR1)
	if got := <-done; got.Text != "dumped" || got.By != "SIGUSR1" {
		t.Errorf("answer: got %+v", got)
	}
	x.RequireStop()
	if got := fake.Caught(); !slices.Equal(got, []os.Signal{syscall.SIGPIPE}) {
		t.Errorf("after the stop: got %v, want SIGPIPE alone", got)
	}
}

func TestModuleTakesOverTheTrap(t *testing.T) {
	t.Parallel()
	fake := &Fake{}
	trap := NewTrap(Env{Source: fake, Stderr: io.Discard})
	defer trap.Close()
	fake.Send(syscall.SIGTERM)
	var a *app.App
	x := fxtest.New(t, app.Module, Module, fx.Supply(trap), fx.Populate(&a))
	x.RequireStart()
	<-a.Done()
	if got := a.Reason(); got == nil || got.Signal != syscall.SIGTERM {
		t.Errorf("got %v, want SIGTERM", got)
	}
	x.RequireStop()
}

func TestModuleWithAWrongTableIsAStartError(t *testing.T) {
	t.Parallel()
	err := fx.New(fx.NopLogger, app.Module, Module, On(syscall.SIGHUP, Upgrade), On(syscall.SIGHUP, Stop), On(nil, nil)).Err()
	for _, want := range []string{"SIGHUP was given 2 actions, stop and upgrade", "nil signal"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestRemappedStopSignalIsWarnedOfUnderPlainFx(t *testing.T) {
	t.Parallel()
	var notes []string
	x := fxtest.New(t, app.Module, Module, On(syscall.SIGINT, Ignore), fx.Invoke(func(a *app.App) {
		a.Observe(func(e app.Event) {
			if n, ok := e.(app.Noted); ok {
				notes = append(notes, n.Note.Text)
			}
		})
	}))
	x.RequireStart().RequireStop()
	if want := "fx's own Run stops on this signal whatever the table says; use graceful.Run"; !slices.Contains(notes, want) {
		t.Errorf("got %q, want %q", notes, want)
	}
}
