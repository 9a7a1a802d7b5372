//go:build unix

package compat

import (
	"context"
	"errors"
	"log"
	"os/exec"
	"syscall"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/signals"
)

func fromEndless() {
	// snippet: endless
	graceful.Run(
		graceful.Name("shop"),
		fx.Provide(newHandler),
		signals.Like(signals.Endless()), // HUP restarts, USR2 hammers
		signals.Before(syscall.SIGHUP, "log", func(context.Context, signals.Event) error { // PRE_SIGNAL
			log.Println("about to restart")
			return nil
		}),
		signals.After(syscall.SIGHUP, "tell", func(_ context.Context, e signals.Event) error { // POST_SIGNAL
			log.Println(e.Answer.Outcome, e.Err)
			return nil
		}),
		fx.Invoke(func(a *app.App) { // BeforeBegin
			a.At(app.Serve, "begin", func(context.Context) error {
				log.Println(a.Addresses(), a.Generation())
				return nil
			})
		}),
	)
	// end
}

func fromGrace() {
	// snippet: grace
	graceful.Run(
		graceful.Name("shop"),
		fx.Provide(newHandler),
		signals.Before(syscall.SIGUSR2, "prepare", func(context.Context, signals.Event) error {
			return prepare() // PreStartProcess; its error keeps the old process, and nothing is started
		}),
	)
	// end
}

func prepare() error {
	if _, err := exec.LookPath("shop"); err != nil {
		return errors.New("no shop on this machine")
	}
	return nil
}

// systemPrograms need the signals of this system.
var systemPrograms = map[string]func(){"endless": fromEndless, "grace": fromGrace}
