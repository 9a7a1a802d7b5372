package main

import (
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
)

func main() {
	graceful.Run(
		graceful.Name("todo"),
		sections(),
		fx.Provide(newStore, newHandler),
		fx.Invoke(chores),
	)
}
