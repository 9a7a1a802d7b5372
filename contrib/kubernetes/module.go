package kubernetes

import (
	"context"
	"fmt"
	"strings"

	"go.uber.org/fx"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/validation"
	coordination "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/leader"
)

// ErrLost is what the cause of a leader task's context wraps when the process does
// not lead any more.
var ErrLost = leader.ErrLost

// Module says how leader tasks reach Kubernetes. Without such tasks it does
// nothing.
func Module(o Options) fx.Option {
	return fx.Options(
		fx.Supply(&cluster{o}),
		fx.Invoke(func(in leadersIn) error {
			for _, t := range in.Tasks {
				e, err := in.Cluster.elector(in.App, t.Name)
				if err != nil {
					return fmt.Errorf("kubernetes: the leader task %q: %w", t.Name, err)
				}
				leader.Go(in.App, in.Sockets, e, t)
			}
			return nil
		}),
	)
}

type cluster struct{ options Options }

type leadersIn struct {
	fx.In

	App     *app.App
	Cluster *cluster
	Sockets app.Sockets `optional:"true"`
	Tasks   []app.Task  `group:"graceful.kubernetes.leaders"`
}

// LeaderTask runs fn in one pod at a time, the one that leads. It needs Module. The
// context of fn ends before another pod begins; package modules/leader has the
// exact contract, and says what a fence is for. All options of app.Go may be given.
func LeaderTask(name string, fn app.TaskFunc, opts ...app.TaskOption) fx.Option {
	return fx.Options(
		fx.Provide(AsLeaderTask(func() app.Task { return app.Task{Name: name, Run: fn, Options: opts} })),
		fx.Invoke(func(in struct {
			fx.In
			Cluster *cluster `optional:"true"`
		}) error {
			if in.Cluster == nil {
				return fmt.Errorf("kubernetes: the leader task %q has no cluster: add kubernetes.Module to the options", name)
			}
			return nil
		}),
	)
}

// AsLeaderTask annotates a constructor of an app.Task, for fx.Provide: LeaderTask
// for a task that needs something of the graph.
func AsLeaderTask(constructor any) any {
	return fx.Annotate(constructor, fx.ResultTags(`group:"graceful.kubernetes.leaders"`))
}

// FencingToken returns a number that is higher than that of every leader before,
// for a write to a place that refuses lower ones. When the process does not lead
// any more by the clock, the error wraps ErrLost. It does not block, and ctx may be
// derived from the one that the task was given.
func FencingToken(ctx context.Context) (int64, error) { return leader.Token(ctx) }

func (c *cluster) elector(a *app.App, task string) (leader.Elector, error) {
	o := c.options
	if o.Alone && o.Config == nil && !inPod() {
		return leader.Alone(), nil
	}
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	name := a.Name() + "-" + task
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return nil, fmt.Errorf("a Lease cannot have the name %q: %s", name, strings.Join(problems, "; "))
	}
	h, err := rest.HTTPClientFor(o.Config)
	if err != nil {
		return nil, err
	}
	client, err := coordination.NewForConfigAndClient(o.Config, h)
	if err != nil {
		return nil, err
	}
	e := &elector{options: o, client: client, app: a, task: task, name: name}
	e.idle = func() { utilnet.CloseIdleConnectionsFor(h.Transport) }
	return e, nil
}
