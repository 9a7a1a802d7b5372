package main

import (
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/cli"
)

func main() { cli.Main("todo", program()) }

// program is the service without its name and command line: what a test starts is
// what runs in production.
func program() fx.Option {
	return fx.Options(
		sections(),
		fx.Provide(newStore, newHandler),
		fx.Invoke(chores, announce),
	)
}
