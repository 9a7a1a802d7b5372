// snippet: readme-main
// Todo is a whole service.
package main

import (
	"fmt"
	"net/http"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/cli"
)

func main() { cli.Main("todo", fx.Provide(newHandler)) } // todo.yaml, TODO_... environment

func newHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "hello") })
}

// end
