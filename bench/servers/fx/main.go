// Command fx is a server as fx's own tutorial writes it: listen and serve in
// OnStart, Shutdown in OnStop. Only the time for a stop is 5 s as for the
// others, instead of fx's 15 s.
package main

import (
	"context"
	"net"
	"net/http"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/bench/handler"
)

func main() {
	fx.New(
		fx.NopLogger,
		fx.StopTimeout(5*time.Second),
		fx.Provide(newServer),
		fx.Invoke(func(*http.Server) {}),
	).Run()
}

func newServer(lc fx.Lifecycle) *http.Server {
	server := handler.Server()
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error {
			l, err := net.Listen("tcp", handler.Addr())
			if err != nil {
				return err
			}
			go handler.Serve(server, l)
			return nil
		},
		OnStop: server.Shutdown,
	})
	return server
}
