package etcd_test

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/etcd"
)

// Without endpoints, here or in TODO_ETCD_ENDPOINTS, there is no etcd: the
// same program runs on a developer's machine.
func ExampleModule() {
	todo := fx.New(fx.NopLogger,
		graceful.Name("todo"),
		graceful.Core,
		etcd.Module(etcd.Options{
			Client: clientv3.Config{Username: "todo"},
			Key:    "/services/todo.yaml",
		}),
	)
	fmt.Println(todo.Err())
	// Output: <nil>
}

// One of all instances sends the report. On a developer's machine it is the only
// one.
func ExampleLeaderTask() {
	todo := fx.New(fx.NopLogger,
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
	fmt.Println(todo.Err())
	// Output: <nil>
}

// The fence makes the write a part of the leadership: if another instance leads by
// then, even by a moment, nothing is written.
func ExampleFence() {
	report := func(client *clientv3.Client) app.Task {
		return app.Task{Name: "report", Run: func(ctx context.Context) error {
			fence, err := etcd.Fence(ctx)
			if err != nil {
				return err // this process no longer leads
			}
			res, err := client.Txn(ctx).If(fence).Then(clientv3.OpPut("/todo/reported", "yesterday")).Commit()
			if err == nil && !res.Succeeded {
				err = etcd.ErrLost
			}
			return err
		}}
	}
	todo := fx.New(fx.NopLogger,
		graceful.Name("todo"),
		graceful.Core,
		etcd.Module(etcd.Options{Optional: true, Alone: true}),
		fx.Provide(
			func() (*clientv3.Client, error) {
				return clientv3.New(clientv3.Config{Endpoints: []string{"127.0.0.1:2379"}})
			},
			etcd.AsLeaderTask(report),
		),
	)
	fmt.Println(todo.Err())
	// Output: <nil>
}
