package upgrade

import (
	"errors"

	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/lazy"
	"github.com/gracefulfx/graceful/modules/config"
)

// Module makes the process able to replace itself on app.Upgrade. It provides
// *Upgrader, *Sockets and, for servers, app.Sockets.
//
// It must be given to fx.New itself, not inside an fx.Module: only there does fx
// report that the application could not be built, which the predecessor's log and
// answer should say. It needs app.Module and config.Module, and must come before
// modules that listen in the phase Observability.
var Module = fx.Options(
	config.Section[Config]("upgrade", config.Default(DefaultConfig)),
	fx.Provide(newFromGraph, socketsOf),
	fx.Invoke(func(*Upgrader) {}),
	fx.ErrorHook(unbuilt{}),
)

// Fallback makes the app.Sockets that constructor returns, such as those of a
// service manager, open what was not inherited from a predecessor. Without it, or
// if it returns nil, sockets are opened afresh.
func Fallback(constructor any) fx.Option {
	return fx.Provide(fx.Annotate(constructor, fx.ResultTags(`name:"upgrade.fallback"`)))
}

type upgraderIn struct {
	fx.In

	App      *app.App
	Config   *config.Value[Config]
	Fallback app.Sockets `name:"upgrade.fallback" optional:"true"`
}

func newFromGraph(in upgraderIn) (*Upgrader, error) {
	u, err := New(in.App, func() Config { return *in.Config.Get() })
	if err == nil {
		u.sockets.fallback = in.Fallback
	}
	return u, err
}

func socketsOf(u *Upgrader) (*Sockets, app.Sockets) { return u.Sockets(), u.Sockets() }

// unbuilt reports to the predecessor why this process will not become ready.
type unbuilt struct{}

// HandleError implements fx.ErrorHandler.
func (unbuilt) HandleError(err error) { fromPredecessor.fail(errors.New(rootCause(err))) }

// wayThroughFx matches fx's description of the path of an error. The error that
// fx.ErrorHook gets can be drawn but not unwrapped, so only its text is left.
var wayThroughFx = lazy.Regexp(`(?s)^could not build arguments for function .*` +
	`(received non-nil error from function .+? \(\S+:\d+\)|failed to build \S+\.\S+): `)

// rootCause returns the text of an error without the constructors that called one
// another.
func rootCause(err error) string {
	return wayThroughFx().ReplaceAllString(dig.RootCause(err).Error(), "")
}
