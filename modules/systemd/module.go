package systemd

import (
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Module connects the *app.App to the service manager. It provides *Notifier and
// *Inherited. It uses a Liveness and an Env from the graph if they are there, and
// the budgets of the sections start and stop. It provides no app.Sockets: see
// AsSockets. Without a service manager it does nothing.
var Module = fx.Options(
	fx.Provide(newNotifier, newInherited),
	fx.Invoke(func(*Notifier, *Inherited) {}),
)

// AsSockets provides Inherited.Sockets as the app.Sockets of the graph. A module
// that has other sockets, such as those of a predecessor, uses them as its fallback
// instead and provides app.Sockets itself.
func AsSockets() fx.Option { return fx.Provide((*Inherited).Sockets) }

type notifierIn struct {
	fx.In

	App   *app.App
	Env   Env                            `optional:"true"`
	Alive Liveness                       `optional:"true"`
	Start *config.Value[app.StartConfig] `optional:"true"`
	Stop  *config.Value[app.StopConfig]  `optional:"true"`
}

func newNotifier(in notifierIn) *Notifier {
	c := Config{Env: in.Env, Alive: in.Alive}
	if in.Start != nil {
		c.Start = func() time.Duration { return in.Start.Get().Timeout }
	}
	if in.Stop != nil {
		c.Stop = func() time.Duration { return in.Stop.Get().Timeout }
	}
	return Notify(in.App, c)
}

type inheritedIn struct {
	fx.In

	App *app.App
	Env Env `optional:"true"`
}

func newInherited(in inheritedIn) (*Inherited, error) { return Sockets(in.App, nil, in.Env) }
