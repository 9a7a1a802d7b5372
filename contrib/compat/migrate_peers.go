package compat

import (
	"context"
	"log"
	"net/http"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

var ctx = context.Background()

func fromOry() {
	// snippet: ory
	code := graceful.RunContext(ctx, // returns, as Graceful does, also when ctx ends
		graceful.Name("shop"),
		fx.Provide(newHandler),
		httpserver.Tune("timeouts", 0, func(s *http.Server) { s.WriteTimeout = 10 * time.Second }), // WithDefaults
	)
	log.Println("exit code", code)
	os.Exit(code)
	// end
}

// snippet: manners
// newClosing is a handler that ends the program, as manners.Close does.
func newClosing(a *app.App) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /close", func(w http.ResponseWriter, r *http.Request) {
		a.Stop(app.Reason{Kind: app.Requested, By: r.RemoteAddr}) // does not wait; this request is answered
	})
	return mux
}

// end

func fromManners() {
	// snippet: manners-main
	graceful.Run(
		graceful.Name("shop"),
		fx.Provide(newClosing),
	)
	// end
}

// snippet: overseer
// fetch looks for a new program until there is one, puts it in place of this
// one and asks for an upgrade. A program that does not start changes nothing.
func fetch(a *app.App) {
	a.Go("fetch", func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Second): // overseer: Interval
			}
			if os.Rename("incoming/shop", "shop") != nil { // overseer: Fetcher; renamed, never written over
				continue
			}
			ans, err := a.Do(ctx, app.Request{Command: app.Upgrade, By: "fetcher"}) // overseer: Restart
			log.Println(ans.Text, err)
		}
	}, app.Exclusive()) // one generation looks, not two
}

// end

func fromOverseer() {
	// snippet: overseer-main
	graceful.Run(
		graceful.Name("shop"),
		fx.Provide(newHandler), // overseer: Program, state.Listener
		fx.Invoke(fetch),
	)
	// end
}
