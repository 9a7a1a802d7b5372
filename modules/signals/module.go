package signals

import (
	"os"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

const group = `group:"graceful.signals"`

// Module provides the Table of the program and joins it to the *app.App, overlaid
// by the section "signals" if config.Module is there. It uses a *Trap and an Env
// from the graph if they are there. It must come before other modules of the
// framework, so that signals are caught first and released last.
var Module = fx.Options(
	config.Section[Config]("signals", config.Doc("none, or a command such as reload, for signals that do not stop: {SIGUSR1: reload, SIGUSR2: none}; others do what the program says")),
	fx.Provide(newTable),
	fx.Invoke(func(in joinIn) { join(in.App, in.Table, in.Trap, in.Env).followConfig(in.Config) }),
)

// On gives sig the action, in place of that in the default table. It may stand
// anywhere among the options.
func On(sig os.Signal, action Action) fx.Option {
	return supply(Row{Signal: sig, Action: action})
}

// Like changes the table as a preset says: signals.Like(signals.Endless()).
func Like(preset Table) fx.Option {
	rows := make([]fx.Option, len(preset))
	for i, r := range preset {
		rows[i] = supply(r)
	}
	return fx.Options(rows...)
}

// Before adds a hook before the action of sig; see Row.
func Before(sig os.Signal, name string, fn HookFunc) fx.Option {
	return supply(Row{Signal: sig, Before: []Hook{{name, fn}}})
}

// After adds a hook after the action of sig; see Row.
func After(sig os.Signal, name string, fn HookFunc) fx.Option {
	return supply(Row{Signal: sig, After: []Hook{{name, fn}}})
}

func supply(r Row) fx.Option {
	return fx.Supply(fx.Annotate(r, fx.ResultTags(group)))
}

type tableIn struct {
	fx.In

	Changes []Row `group:"graceful.signals"`
}

func newTable(in tableIn) (Table, error) { return Defaults().With(in.Changes...) }

type joinIn struct {
	fx.In

	App    *app.App
	Table  Table
	Trap   *Trap                 `optional:"true"`
	Env    Env                   `optional:"true"`
	Config *config.Value[Config] `optional:"true"`
}
