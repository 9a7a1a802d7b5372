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

// snippet: endless-signals
// What endless does with signals. Reloading the configuration is left to the
// file watcher then.
var likeEndless = fx.Options(
	signals.On(syscall.SIGHUP, signals.Upgrade),
	signals.On(syscall.SIGUSR1, signals.Ignore),
	signals.On(syscall.SIGUSR2, signals.StopNow), // the hammer
	signals.On(syscall.SIGTSTP, signals.Ignore),
)

// end

func fromEndless() {
	// snippet: endless
	graceful.Run(
		graceful.Name("shop"),
		fx.Provide(newHandler),
		likeEndless,
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

var _ = []func(){fromEndless, fromGrace}
