package upgrade

import (
	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Module makes the process able to replace itself on app.Upgrade. It provides
// *Upgrader, *Sockets and, for servers, app.Sockets. It must be given to
// fx.New itself, not inside an fx.Module, since only there fx reports that the
// application could not be built, which a predecessor wants to know. It needs
// app.Module and config.Module, and stands before what listens in the phase
// Observe.
var Module = fx.Options(
	config.Section[Config]("upgrade", config.Default(DefaultConfig)),
	fx.Provide(
		func(a *app.App, c *config.Value[Config]) (*Upgrader, error) {
			return New(a, func() Config { return *c.Get() })
		},
		fx.Annotate((*Upgrader).Sockets, fx.As(fx.Self()), fx.As(new(app.Sockets))),
	),
	fx.Invoke(func(*Upgrader) {}),
	fx.ErrorHook(unbuilt{}),
)

// unbuilt tells the predecessor why this process will not become ready.
type unbuilt struct{}

func (unbuilt) HandleError(err error) { estate.fail(dig.RootCause(err)) }
