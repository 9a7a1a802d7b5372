package upgrade

import (
	"errors"
	"regexp"

	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Module makes the process able to replace itself on app.Upgrade. It provides
// *Upgrader, *Sockets and, for servers, app.Sockets.
//
// It must be given to fx.New itself, not inside an fx.Module: only there fx
// reports that the application could not be built, which the predecessor's log and
// answer should say. It needs app.Module and config.Module, and stands before what
// listens in the phase Observe.
var Module = fx.Options(
	config.Section[Config]("upgrade", config.Default(DefaultConfig)),
	fx.Provide(
		newFromGraph,
		fx.Annotate((*Upgrader).Sockets, fx.As(fx.Self()), fx.As(new(app.Sockets))),
	),
	fx.Invoke(func(*Upgrader) {}),
	fx.ErrorHook(unbuilt{}),
)

// Fallback makes the app.Sockets that constructor returns open what was not
// inherited from a predecessor, for example the sockets of a service manager.
// Without it, or with a nil one, sockets are opened afresh.
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

// unbuilt says to the predecessor why this process will not become ready.
type unbuilt struct{}

// HandleError implements fx.ErrorHandler.
func (unbuilt) HandleError(err error) { fromPredecessor.fail(errors.New(rootCause(err))) }

// wayThroughFx is how fx describes the way of an error. What fx.ErrorHook is given
// can be drawn but not unwrapped, so the text is all there is.
var wayThroughFx = regexp.MustCompile(`(?s)^could not build arguments for function .*` +
	`(received non-nil error from function .+? \(\S+:\d+\)|failed to build \S+\.\S+): `)

// rootCause is an error without the constructors that called one another.
func rootCause(err error) string {
	return wayThroughFx.ReplaceAllString(dig.RootCause(err).Error(), "")
}
