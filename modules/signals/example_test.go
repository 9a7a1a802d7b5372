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

// A program that was used to another library's habits, with a row of its own.
func ExampleOn() {
	var table signals.Table
	fx.New(fx.NopLogger, app.Module, signals.Module,
		signals.On(syscall.SIGHUP, signals.Upgrade),
		signals.On(syscall.SIGUSR1, signals.Do("reopen")),
		fx.Populate(&table),
	)
	fmt.Println(table)
	// Output: SIGHUP → upgrade · SIGINT → stop · SIGUSR1 → reopen · SIGUSR2 → upgrade · SIGTERM → stop
}

// A veto: no upgrade on Fridays.
func ExampleBefore() {
	friday := func(context.Context, signals.Event) error { return errors.New("it is Friday") }
	fake, noted := &signals.Fake{}, make(chan string, 1)
	program := fx.New(fx.NopLogger, app.Module, signals.Module,
		signals.Before(syscall.SIGUSR2, "friday", friday),
		fx.Supply(signals.World{Source: fake}),
		fx.Invoke(func(a *app.App) {
			a.Observe(func(e app.Event) {
				if n, ok := e.(app.Noted); ok && n.Note.Err != nil {
					noted <- n.Note.Text + ": " + n.Note.Err.Error()
				}
			})
		}),
	)
	_ = program.Start(context.Background())
	fake.Send(syscall.SIGUSR2)
	fmt.Println(<-noted)
	_ = program.Stop(context.Background())
	// Output: upgrade vetoed: it is Friday
}

func ExampleParse() {
	_, err := signals.Parse("SIGHOP")
	fmt.Println(err)
	// Output: unknown signal "SIGHOP": did you mean SIGHUP?
}
