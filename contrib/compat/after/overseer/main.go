// Shop answers requests, and fetches new programs.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
)

func main() {
	cli.Main("shop",
		fx.Provide(newHandler), // Program, state.Listener
		fx.Invoke(fetch),
	)
}

// fetch looks for a new program until there is one, puts it in place of this one
// and asks for an upgrade. A program that does not start changes nothing.
func fetch(a *app.App) {
	a.Go("fetch", func(ctx context.Context) error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(time.Second): // Interval
			}
			if os.Rename("incoming/shop", "shop") != nil { // Fetcher; renamed, never written over
				continue
			}
			ans, err := a.Do(ctx, app.Request{Command: app.Upgrade, By: "fetcher"}) // Restart
			log.Println(ans.Text, err)
		}
	}, app.Exclusive()) // one generation looks, not two
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
