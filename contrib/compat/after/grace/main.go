//go:build unix

// Shop answers requests, and restarts on SIGUSR2.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"syscall"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/signals"
)

func main() {
	cli.Main("shop",
		fx.Provide(newHandler),
		signals.Before(syscall.SIGUSR2, "prepare", func(context.Context, signals.Event) error {
			return prepare() // PreStartProcess; its error keeps the old process, and nothing is started
		}),
	)
}

func prepare() error {
	_, err := os.Stat("prepared")
	return err
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
