// Lines is a whole program with its own protocol, whose connections live on
// when it is replaced:
//
//	go build && ./lines &
//	nc 127.0.0.1 7000      # type lines: they come back numbered
//	kill -USR2 $!          # in another terminal: the count goes on
package main

import (
	"cmp"
	"fmt"
	"os"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/examples/lines/lineserver"
	"github.com/gracefulfx/graceful/modules/upgrade"
)

func main() {
	fx.New(
		graceful.Name("lines"),
		graceful.Core,
		upgrade.Module,
		fx.NopLogger,
		fx.Provide(newServer),
		fx.Invoke(announce),
	).Run()
}

func newServer(a *app.App, sockets app.Sockets) *lineserver.Server {
	return lineserver.New(a, sockets, cmp.Or(os.Getenv("LINES_LISTEN"), "127.0.0.1:7000"))
}

func announce(a *app.App, s *lineserver.Server) {
	a.Observe(func(e app.Event) {
		if c, ok := e.(app.StateChanged); ok && c.To == app.StateReady {
			fmt.Printf("generation %d, process %d, listens on %v\n", a.Generation(), os.Getpid(), s.Addr())
		}
	})
}
