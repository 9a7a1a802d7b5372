package etcd

import (
	"context"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/leader"
)

// ErrLost is what the cause of a leader task's context wraps when the process does
// not lead any more.
var ErrLost = leader.ErrLost

// LeaderTask runs fn in one process of the fleet at a time, the one that leads. It
// needs Module. The context of fn ends before another process begins; package
// modules/leader has the exact contract, and says what a fence is for.
//
// The processes that share the name of the application and of the task elect one
// of them, below the key /name/leaders/task. All options of app.Go may be given.
func LeaderTask(name string, fn app.TaskFunc, opts ...app.TaskOption) fx.Option {
	return fx.Options(
		fx.Provide(AsLeaderTask(func() app.Task { return app.Task{Name: name, Run: fn, Options: opts} })),
		fx.Invoke(func(in struct {
			fx.In
			Store *store `optional:"true"`
		}) error {
			if in.Store == nil {
				return fmt.Errorf("etcd: the leader task %q has no etcd: add etcd.Module to the options", name)
			}
			return nil
		}),
	)
}

// AsLeaderTask annotates a constructor of an app.Task, for fx.Provide: LeaderTask
// for a task that needs something of the graph.
func AsLeaderTask(constructor any) any {
	return fx.Annotate(constructor, fx.ResultTags(`group:"graceful.etcd.leaders"`))
}

// FencingToken returns a number that is higher than that of every leader before,
// for a write to a place that refuses lower ones. When the process does not lead
// any more by the clock, the error wraps ErrLost. It does not block, and ctx may be
// derived from the one that the task was given.
func FencingToken(ctx context.Context) (int64, error) { return leader.Token(ctx) }

// Fence returns the condition of a transaction in the same etcd: it holds only
// while the task with that context leads, for certain, whatever clocks say.
//
//	client.Txn(ctx).If(fence).Then(clientv3.OpPut("/todo/reported", "yesterday"))
func Fence(ctx context.Context) (clientv3.Cmp, error) {
	token, err := leader.Token(ctx)
	if err != nil {
		return clientv3.Cmp{}, err
	}
	return clientv3.Compare(clientv3.ModRevision(leader.From(ctx).Key), "=", token), nil
}

// store says how to reach etcd, once the options are complete.
type store struct{ remote *remote }

type leadersIn struct {
	fx.In

	App     *app.App
	Store   *store
	Sockets app.Sockets `optional:"true"`
	Tasks   []app.Task  `group:"graceful.etcd.leaders"`
}

// leaders are the options of Module that concern leader tasks.
func leaders(r *remote) fx.Option {
	return fx.Options(
		fx.Provide(func(*config.Store) *store { return &store{r} }), // the source has been read
		fx.Invoke(func(in leadersIn) error {
			o := in.Store.remote.options
			for _, t := range in.Tasks {
				switch {
				case len(o.Client.Endpoints) > 0:
					leader.Go(in.App, in.Sockets, &elector{remote: r, app: in.App, task: t.Name, prefix: "/" + in.App.Name() + "/leaders/" + t.Name}, t)
				case o.Alone:
					leader.Go(in.App, in.Sockets, leader.Alone(), t)
				default:
					return errors.New("etcd: the leader task \"" + t.Name + "\" needs to know where etcd is: set " + o.prefix +
						"ENDPOINTS, or Options.Alone for a single process")
				}
			}
			return nil
		}),
	)
}
