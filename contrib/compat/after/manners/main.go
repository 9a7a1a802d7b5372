// Shop answers requests, until one of them closes it.
package main

import (
	"net/http"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
)

func main() { cli.Main("shop", fx.Provide(newMux)) }

func newMux(a *app.App) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /close", func(_ http.ResponseWriter, r *http.Request) {
		a.Stop(app.Reason{Kind: app.Requested, By: r.RemoteAddr}) // does not wait; this request is answered
	})
	return mux
}
