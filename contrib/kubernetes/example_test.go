package kubernetes_test

import (
	"context"
	"fmt"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/contrib/kubernetes"
)

// Of all pods one sends the report. On a developer's machine that is the only
// process there is.
func ExampleLeaderTask() {
	app := fx.New(fx.NopLogger,
		graceful.Name("todo"),
		graceful.Core,
		kubernetes.Module(kubernetes.Options{Alone: true}),
		kubernetes.LeaderTask("report", func(ctx context.Context) error {
			token, err := kubernetes.FencingToken(ctx)
			if err != nil {
				return err // this pod does not lead any more
			}
			fmt.Println("the report, with token", token)
			return nil
		}),
	)
	fmt.Println(app.Err())
	// Output: <nil>
}
