// Shop answers requests on two addresses.
package main

import (
	"fmt"
	"net/http"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func main() {
	cli.Main("shop",
		fx.Provide(newHandler),                              // section http, SHOP_HTTP_ADDR
		httpserver.Named("internal", ":8081", newHandler()), // section http.internal, SHOP_HTTP_INTERNAL_ADDR
	)
}

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
}
