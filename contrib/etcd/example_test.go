package etcd_test

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/contrib/etcd"
)

// Without endpoints, here or in TODO_ETCD_ENDPOINTS, there is no etcd: the
// same program runs on a developer's machine.
func ExampleModule() {
	app := fx.New(fx.NopLogger,
		graceful.Name("todo"),
		graceful.Core,
		etcd.Module(etcd.Options{
			Client: clientv3.Config{Username: "todo"},
			Key:    "/services/todo.yaml",
		}),
	)
	fmt.Println(app.Err())
	// Output: <nil>
}

// One of all instances sends the report. On a developer's machine it is the only
// one.
func ExampleLeaderTask() {
	app := fx.New(fx.NopLogger,
		graceful.Name("todo"),
		graceful.Core,
		etcd.Module(etcd.Options{Optional: true, Alone: true}),
		etcd.LeaderTask("report", func(ctx context.Context) error {
			token, err := etcd.FencingToken(ctx)
			if err != nil {
				return err // this process no longer leads
			}
			fmt.Println("the report, with token", token)
			return nil
		}),
	)
	fmt.Println(app.Err())
	// Output: <nil>
}
