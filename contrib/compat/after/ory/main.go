// Shop answers requests, and has something to say at the end.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func main() {
	code := graceful.RunContext(context.Background(), // returns, as Graceful does, also when its context ends
		graceful.Name("shop"),
		fx.Provide(newHandler),
		httpserver.Tune("timeouts", 0, func(s *http.Server) { s.WriteTimeout = 10 * time.Second }), // WithDefaults
	)
	log.Println("ended:", code)
	os.Exit(code)
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
