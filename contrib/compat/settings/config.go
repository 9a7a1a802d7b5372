// Package settings holds the first recipe.
package settings

import (
	"fmt"
	"net/http"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/modules/config"
)

// snippet: readme-config
type Limits struct {
	MaxTodos int `config:"max_todos" doc:"how many there may be"`
}

var limited = fx.Options(
	config.Section[Limits]("limits", config.Default(func() Limits { return Limits{MaxTodos: 1000} })),
	fx.Provide(func(limits *config.Value[Limits]) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, limits.Get().MaxTodos) // one atomic load
		})
	}),
)

// end
