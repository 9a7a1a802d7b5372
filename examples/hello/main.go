// Hello is a whole service: hello.yaml, HELLO_... variables, flags and commands.
package main

import (
	"fmt"
	"net/http"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/config"
)

type greeting struct {
	Text string `config:"text" doc:"what it says"`
}

func main() {
	cli.Main("hello",
		config.Section[greeting]("greeting", config.Default(func() greeting { return greeting{"hello"} })),
		fx.Provide(newHandler))
}

func newHandler(g *config.Value[greeting]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, g.Get().Text) // as it is in hello.yaml now
	})
}
