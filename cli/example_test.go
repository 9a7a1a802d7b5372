package cli_test

import (
	"context"
	"net/http"
	"os"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/cli"
)

// A whole program with all its commands.
func ExampleMain() {
	newHandler := func() http.Handler { return http.NotFoundHandler() }

	cli.Main("shop", fx.Provide(newHandler))
}

// Below a command of the program's own, such as "shop ctl status".
func ExampleRun() {
	if len(os.Args) > 1 && os.Args[1] == "ctl" {
		os.Exit(cli.Run(context.Background(), os.Args[2:], graceful.Name("shop")))
	}
}
