// Command graceful is a server of this project, as its README writes it.
package main

import (
	"encoding/json"
	"net/http"
	"os"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/bench/handler"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func main() {
	opts := []fx.Option{graceful.Name("bench"), fx.Provide(newHandler)}
	if cert := handler.Certificate(); cert != nil {
		opts = append(opts, httpserver.Tune("certificate", 0, func(s *http.Server) { s.TLSConfig = cert }))
	}
	if file := os.Getenv(handler.EnvUpgrade); file != "" {
		opts = append(opts, fx.Invoke(func(a *app.App) { a.Observe(func(e app.Event) { noteUpgrade(file, e) }) }))
	}
	graceful.Run(opts...)
}

// newHandler lets WebSockets live on.
func newHandler() http.Handler {
	return handler.WithSockets(handler.FromEnv(), func(r *http.Request) { httpserver.Keep(r) })
}

// noteUpgrade writes to a file what the old process says of an upgrade.
func noteUpgrade(file string, e app.Event) {
	if ended, ok := e.(app.CommandEnded); ok && ended.Answer.Command == app.Upgrade {
		text, _ := json.Marshal(ended.Answer.Detail)
		_ = os.WriteFile(file, text, 0o600)
	}
}
