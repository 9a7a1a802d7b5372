// Shop greets with a text from shop.yaml, which it follows.
package main

import (
	"fmt"
	"net/http"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/config"
)

// Settings is the whole file, but for the sections of graceful.
type Settings struct {
	Name string // the key "name" at the top of the file, SHOP_NAME
	Web  struct {
		ReadTimeout time.Duration `config:"readTimeout"` // SHOP_WEB_READTIMEOUT, as it was
	}
	Labels map[string]string
}

func defaults() (s Settings) {
	s.Web.ReadTimeout = 5 * time.Second
	return s
}

func main() {
	cli.Main("shop",
		config.Section[Settings]("", config.Default(defaults)),
		fx.Provide(newGreeter))
}

func newGreeter(settings *config.Value[Settings]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s := settings.Get() // of one moment, never half of a change
		fmt.Fprintln(w, s.Name, s.Web.ReadTimeout, s.Labels)
	})
}
