package journal_test

import (
	"fmt"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/contrib/journal"
)

// In a unit of systemd, journalctl USER=anna finds what the hook says.
func Example() {
	app := fx.New(fx.NopLogger,
		graceful.Module,
		journal.Module,
		fx.Invoke(func(lc fx.Lifecycle, log *zap.Logger) {
			lc.Append(fx.StartHook(func() { log.Info("hello", zap.String("user", "anna")) }))
		}),
	)
	fmt.Println(app.Err())
	// Output:
	// <nil>
}
