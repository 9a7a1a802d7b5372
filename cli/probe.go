package cli

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/pflag"
	"go.uber.org/dig"
	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/twice"
	"github.com/gracefulfx/graceful/modules/admin"
	"github.com/gracefulfx/graceful/modules/config"
)

// known has what is known of an application without starting it.
type known struct {
	name     string
	catalog  *config.Catalog
	commands []app.CommandInfo // that the application has described
}

type knownIn struct {
	fx.In

	App      *app.App
	Catalog  *config.Catalog
	Commands []app.CommandInfo `group:"graceful.commands"`
}

// inspect builds the graph and calls fn with its parameters. The invokes of the
// application do not run: fn is the first, and ends the goroutine.
//
// It could return an error instead. But then fx would call the application's error
// hooks, as if it could not be built, and a successor would report that to its
// predecessor.
func (p *program) inspect(fn any, opts ...fx.Option) (err error) {
	ended := make(chan struct{})
	var given constructors
	go func() {
		defer close(ended)
		err = fx.New(
			fx.Module("cli", fx.Invoke(fn), fx.Invoke(func() { runtime.Goexit() })),
			graceful.Module,
			fx.Options(p.opts...),
			fx.Options(opts...),
			fx.WithLogger(func() fxevent.Logger { return &given }),
		).Err()
	}()
	<-ended
	if err == nil {
		return nil
	}
	if text := twice.Explain(given); text != "" {
		return errors.New(text)
	}
	return cause(err)
}

// constructors is a log of fx that is only there to explain an error.
type constructors []twice.Constructor

// LogEvent implements fxevent.Logger. fx.New calls it on one goroutine.
func (c *constructors) LogEvent(e fxevent.Event) {
	switch e := e.(type) {
	case *fxevent.Provided:
		*c = append(*c, twice.Constructor{Name: e.ConstructorName, Types: e.OutputTypeNames, Err: e.Err})
	case *fxevent.Supplied:
		*c = append(*c, twice.Constructor{Name: "fx.Supply", Types: []string{e.TypeName}, Err: e.Err})
	}
}

// probe returns the name and the settings. The configuration is not read.
func (p *program) probe(opts ...fx.Option) (k known, err error) {
	err = p.inspect(func(in knownIn) { k = known{in.App.Name(), in.Catalog, in.Commands} }, opts...)
	return k, err
}

// adminConfig returns the address of the running process. A mistake in the
// configuration must not prevent the reload that repairs it: with one, only flag
// and environment count.
func (c *call) adminConfig() (conf admin.Config, err error) {
	err = c.inspect(func(v *config.Value[admin.Config]) { conf = *v.Get() }, config.WithFlags(c.flags),
		config.WithSource(func(s *config.Source) { s.Asking = true }))
	if err == nil {
		return conf, nil
	}
	conf = admin.Config{Addr: c.override("admin.addr")}
	if invalid := conf.Validate(); invalid != nil {
		return conf, fmt.Errorf("admin.addr: %w", invalid)
	}
	return conf, nil
}

func withFlags(flags *pflag.FlagSet) fx.Option { return config.WithFlags(flags) }

// cause removes fx's trace of constructors from an error.
func cause(err error) error {
	if root := dig.RootCause(err); root != nil {
		var wiring dig.Error
		if !errors.As(root, &wiring) {
			return root
		}
	}
	return err
}
