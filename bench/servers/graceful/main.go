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
	opts := []fx.Option{graceful.Name("bench"), fx.Provide(handler.FromEnv)}
	if cert := handler.Certificate(); cert != nil {
		opts = append(opts, httpserver.Tune("certificate", 0, func(s *http.Server) { s.TLSConfig = cert }))
	}
	graceful.Run(opts...)
}
