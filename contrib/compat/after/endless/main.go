//go:build unix

// Shop answers requests, and keeps the signals of endless.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"syscall"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/signals"
)

func main() {
	cli.Main("shop",
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
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
