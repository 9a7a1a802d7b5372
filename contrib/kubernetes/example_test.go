package kubernetes_test

import (
	"context"
	"fmt"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/contrib/kubernetes"
)

// One of all pods sends the report. On a developer's machine it is the only
// process.
func ExampleLeaderTask() {
	app := fx.New(fx.NopLogger,
		graceful.Name("todo"),
		graceful.Core,
		kubernetes.Module(kubernetes.Options{Alone: true}),
		kubernetes.LeaderTask("report", func(ctx context.Context) error {
			token, err := kubernetes.FencingToken(ctx)
			if err != nil {
				return err // this pod no longer leads
			}
			fmt.Println("the report, with token", token)
			return nil
		}),
	)
	fmt.Println(app.Err())
	// Output: <nil>
}
