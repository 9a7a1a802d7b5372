package main

import (
	"os"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/modules/config"
)

func main() {
	graceful.Run(program(), config.WithFlags(flags(os.Args[1:])))
}

// program is the service without the command line: what a test starts is what runs in production.
func program() fx.Option {
	return fx.Options(
		graceful.Name("todo"),
		sections(),
		fx.Provide(newStore, newHandler),
		fx.Invoke(chores, announce),
	)
}
