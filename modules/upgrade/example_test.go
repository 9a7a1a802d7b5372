package upgrade_test

import (
	"context"
	"fmt"
	"strings"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade"
)

// An additional port that survives upgrades: it has a name, under which the
// successor gets it.
func ExampleUpgrader_Sockets() {
	shop := fx.New(fx.NopLogger, graceful.Name("shop"), graceful.Core, upgrade.Module,
		fx.Invoke(func(a *app.App, u *upgrade.Upgrader) {
			a.At(app.Bind, "metrics", func(ctx context.Context) error {
				ln, err := u.Sockets().Listen(ctx, "metrics", "tcp", "127.0.0.1:0")
				if err == nil {
					fmt.Println("bound", strings.Split(ln.Addr().String(), ":")[0], "in generation", a.Generation())
				}
				return err
			})
		}))
	ctx := context.Background()
	fmt.Println(shop.Start(ctx), shop.Stop(ctx))
	// Output:
	// bound 127.0.0.1 in generation 1
	// <nil> <nil>
}
