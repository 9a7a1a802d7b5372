package logging_test

import (
	"log/slog"
	"os"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/logging"
)

// The program's logger renders the events of the application, and the *slog.Logger
// writes to it.
func ExampleModule() {
	fx.New(fx.NopLogger, app.Module, config.Module, logging.Module, logging.RenderModule,
		fx.Replace(zap.NewExample()),
		fx.Invoke(func(log *slog.Logger) {
			log.WithGroup("request").Info("hello", "path", "/")
		}),
	)
	// Output: {"level":"info","msg":"hello","request":{"path":"/"}}
}

func ExampleNew() {
	log, level := logging.New(logging.Config{Level: "info", Format: "json"}, logging.Sink{W: os.Stdout})
	level.SetLevel(zap.ErrorLevel)
	log.Info("this is not logged")
	// Output:
}
