package graceful

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/signals"
)

// alone keeps a test's application off the machine's ports and files.
func alone(t *testing.T) {
	t.Setenv("APP_HTTP_ADDR", "127.0.0.1:0")
	t.Chdir(t.TempDir())
}

// usage is an error that knows its exit code (sysexits(3), EX_USAGE).
type usage struct{}

func (usage) Error() string { return "usage" }
func (usage) ExitCode() int { return 64 }

func newOne() http.Handler   { return nil }
func newOther() http.Handler { return nil }

func TestRunReturnsTheExitCode(t *testing.T) {
	broken := errors.New("broken")
	start := func(fn func(*app.App) error) fx.Option {
		return fx.Invoke(func(lc fx.Lifecycle, a *app.App) {
			lc.Append(fx.StartHook(func() error { return fn(a) }))
		})
	}
	cases := []struct {
		name   string
		opts   fx.Option
		code   int
		stderr string
	}{
		{"stopped", start(func(a *app.App) error { a.Stop(app.Reason{Kind: app.Requested}); return nil }), 0, ""},
		{"stopped with a code", start(func(a *app.App) error { a.Stop(app.Reason{Kind: app.Requested, Code: 7}); return nil }), 7, ""},
		{"start hook failed", start(func(*app.App) error { return broken }), 1, "broken"},
		{"constructor failed", fx.Invoke(func() error { return broken }), 1, "cannot build the application: broken"},
		{"constructor failed with a code", fx.Invoke(func() error { return usage{} }), 64, "cannot build the application: usage"},
		{"constructor panicked", fx.Invoke(func() { panic("ouch") }), 1, "cannot build the application: panic: ouch\ngoroutine "},
		{"constructor panicked: where", fx.Invoke(func() { panic("ouch") }), 1, "run_test.go:"},
		{"something is missing", fx.Invoke(func(*strings.Builder) {}), 1, "strings.Builder"},
		{"the application has a logger", fx.Provide(zap.NewExample), 1, "*zap.Logger is provided twice, by github.com/gracefulfx/graceful/modules/logging."},
		{"the application has a logger: what to do", fx.Provide(zap.NewExample), 1, "keep yours by fx.Decorate("},
		{"the application has a slog.Logger", fx.Provide(slog.Default), 1, "keep yours by fx.Decorate(func(*slog.Logger)"},
		{"the application has a level", fx.Supply(zap.NewAtomicLevel()), 1, "zap.AtomicLevel is provided twice, by "},
		{"the application has a server", fx.Provide(func() *http.Server { return &http.Server{} }), 1, "by fx.New(graceful.Core, ...) and httpserver.Manage"},
		{"two handlers", fx.Provide(newOne, newOther), 1, "http.Handler is provided twice, by github.com/gracefulfx/graceful.newOne() and by github.com/gracefulfx/graceful.newOther()"},
		{"two annotated handlers", fx.Provide(fx.Annotate(newOne, fx.As(fx.Self())), fx.Annotate(newOther, fx.As(fx.Self()))), 1, "graceful.newOther()"},
		{"option is wrong", fx.Error(broken), 1, "broken"},
		// fx itself runs the hook and rolls it back: the plan has not begun, and
		// nothing may wait for its end.
		{"native start hook failed", fx.Options(app.NativeHooks(), fx.Module("early", start(func(*app.App) error { return broken }))), 1, "broken"},
		{"native hooks", fx.Options(app.NativeHooks(), fx.Invoke(func(a *app.App) {
			a.Go("batch", func(context.Context) error { return nil }, app.ExitWhenDone())
		})), 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			alone(t)
			var stderr strings.Builder
			trap := signals.NewTrap(signals.Env{Source: &signals.Fake{}, Stderr: &stderr})
			if got := run(&stderr, trap, c.opts); got != c.code {
				t.Errorf("exit code %d, want %d", got, c.code)
			}
			if got := stderr.String(); c.stderr == "" && got != "" || !strings.Contains(got, c.stderr) {
				t.Errorf("standard error %q, want %q", got, c.stderr)
			}
		})
	}
}

func TestRunContextStopsWithItsContext(t *testing.T) {
	alone(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	var reason *app.Reason
	code := RunContext(ctx, fx.Invoke(func(lc fx.Lifecycle, a *app.App) {
		lc.Append(fx.StartStopHook(
			func() { cancel(errors.New("enough")) },
			func() { reason = a.Reason() }))
	}))
	if code != 0 || reason == nil || reason.Text != "enough" {
		t.Errorf("code %d, reason %v", code, reason)
	}
}
