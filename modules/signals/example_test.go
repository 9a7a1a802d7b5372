//go:build unix

package signals_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/signals"
)

// A program with the signals of another library, and a row for its own purposes.
func ExampleOn() {
	var table signals.Table
	fx.New(fx.NopLogger, app.Module, signals.Module,
		signals.On(syscall.SIGHUP, signals.Upgrade),
		signals.On(syscall.SIGUSR1, signals.Do("reopen")),
		fx.Populate(&table),
	)
	fmt.Println(table)
	// Output: SIGHUP → upgrade · SIGINT → stop · SIGUSR1 → reopen · SIGUSR2 → upgrade · SIGPIPE → ignore · SIGTERM → stop
}

// A veto: no upgrade on Fridays.
func ExampleBefore() {
	friday := func(context.Context, signals.Event) error { return errors.New("it is Friday") }
	fake, answered := &signals.Fake{}, make(chan string, 1)
	program := fx.New(fx.NopLogger, app.Module, signals.Module,
		signals.Before(syscall.SIGUSR2, "friday", friday),
		fx.Supply(signals.Env{Source: fake}),
		fx.Invoke(func(a *app.App) {
			a.Observe(func(e app.Event) {
				if c, ok := e.(app.CommandEnded); ok {
					answered <- fmt.Sprintf("%s %s: %s", c.Answer.Command, c.Answer.Outcome, c.Answer.Text)
				}
			})
		}),
	)
	_ = program.Start(context.Background())
	fake.Send(syscall.SIGUSR2)
	fmt.Println(<-answered)
	_ = program.Stop(context.Background())
	// Output: upgrade refused: vetoed by "friday": it is Friday
}

// A person is paged when a reload has failed.
func ExampleAfter() {
	fake, paged := &signals.Fake{}, make(chan error, 1)
	page := func(_ context.Context, e signals.Event) error {
		if e.Err != nil {
			paged <- e.Err
		}
		return nil
	}
	program := fx.New(fx.NopLogger, app.Module, signals.Module,
		signals.After(syscall.SIGHUP, "page", page),
		fx.Supply(signals.Env{Source: fake}),
		fx.Invoke(func(a *app.App) {
			a.Handle(app.Reload, func(context.Context, app.Request) (app.Answer, error) {
				return app.Answer{}, errors.New("shop.yaml:3:1: unknown key")
			})
		}),
	)
	_ = program.Start(context.Background())
	fake.Send(syscall.SIGHUP)
	fmt.Println(<-paged)
	_ = program.Stop(context.Background())
	// Output: shop.yaml:3:1: unknown key
}

// A function of the program for a signal, such as one that opens its log again.
func ExampleFunc() {
	fake, opened := &signals.Fake{}, make(chan string, 1)
	reopen := func(_ context.Context, e signals.Event) error {
		opened <- "opened again for " + app.SignalName(e.Signal)
		return nil
	}
	program := fx.New(fx.NopLogger, app.Module, signals.Module,
		signals.On(syscall.SIGUSR1, signals.Func("reopen", reopen)),
		fx.Supply(signals.Env{Source: fake}),
	)
	_ = program.Start(context.Background())
	fake.Send(syscall.SIGUSR1)
	fmt.Println(<-opened)
	_ = program.Stop(context.Background())
	// Output: opened again for SIGUSR1
}

func ExampleParse() {
	_, err := signals.Parse("SIGHOP")
	fmt.Println(err)
	// Output: unknown signal "SIGHOP": did you mean SIGHUP?
}
