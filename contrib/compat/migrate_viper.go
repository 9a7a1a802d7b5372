package compat

import (
	"context"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/modules/config"
)

// snippet: viper-after
// Settings is the whole file.
type Settings struct {
	Name string // the key "name" at the top of the file, SHOP_NAME
	Web  struct {
		ReadTimeout time.Duration `config:"readTimeout"` // SHOP_WEB_READTIMEOUT, as it was
	}
	Labels map[string]string
}

func settings(path string) fx.Option {
	return fx.Options(
		config.WithFile(path),
		config.Section[Settings]("", config.Default(func() (s Settings) {
			s.Web.ReadTimeout = 5 * time.Second
			return s
		})),
		fx.Invoke(func(v *config.Value[Settings], use func(Settings)) {
			config.OnReload(v, "shop", func(_ context.Context, c config.Change[Settings]) (config.Tx, error) {
				return config.Tx{Commit: func() { use(*c.New) }}, nil // an error would keep the old ones
			})
		}),
	)
}

// end
