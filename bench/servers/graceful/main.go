// Command graceful is a server of this project, as its README writes it.
package main

import (
	"net/http"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/bench/handler"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func main() {
	opts := []fx.Option{graceful.Name("bench"), fx.Provide(newHandler)}
	if cert := handler.Certificate(); cert != nil {
		opts = append(opts, httpserver.Tune("certificate", 0, func(s *http.Server) { s.TLSConfig = cert }))
	}
	graceful.Run(opts...)
}

// newHandler lets WebSockets live on.
func newHandler() http.Handler {
	return handler.WithSockets(handler.FromEnv(), func(r *http.Request) { httpserver.Keep(r) })
}
