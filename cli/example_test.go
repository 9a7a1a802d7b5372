package cli_test

import (
	"context"
	"fmt"
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

// The configuration is read as a start would read it; nothing is started.
func ExampleRun_check() {
	code := cli.Run(context.Background(), []string{"check", "--log.level=debug"}, graceful.Name("shop"))
	fmt.Println("exit code", code)
	// Output:
	// configuration and wiring are right (defaults and environment; there is no file)
	// on a stop, requests get 21.0 s or more of 25 s (stop.timeout)
	// not checked: whether ports are free, and whether databases and other services answer
	// exit code 0
}

// Below a command of the program, such as "shop ctl status".
func ExampleRun() {
	if len(os.Args) > 1 && os.Args[1] == "ctl" {
		os.Exit(cli.Run(context.Background(), os.Args[2:], graceful.Name("shop")))
	}
}

// A program with other commands lists these among its own.
func ExampleCommands() {
	for _, c := range cli.Commands()[:3] {
		fmt.Printf("%-7s %s\n", c.Name, c.Short)
	}
	// Output:
	// run     start and serve
	// check   read the configuration as a start would
	// status  what the running process does and waits for
}
