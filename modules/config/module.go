package config

import (
	"github.com/spf13/pflag"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
)

// Module loads the configuration when the application is constructed (an invalid
// one fails fx.New), and reloads it on app.Reload and when its files change. It
// provides *Store, and *Catalog, which does not need valid files. It needs
// app.Module.
var Module = fx.Options(
	fx.Provide(newFromGraph, open),
	fx.Invoke(attach),
)

// Section declares a section of the configuration and provides *[Value] of T.
// The section is read and checked even if the value is not used.
func Section[T any](name string, opts ...SectionOption) fx.Option {
	s := newSection[T](name, opts)
	value := any(func(st *Store) *Value[T] { return valueOf[T](st, s) })
	if s.tag != "" {
		value = fx.Annotate(value, fx.ResultTags(`name:"`+s.tag+`"`))
	}
	return fx.Provide(func() declared { return declared{Section: s} }, value)
}

// declared adds a section to those of the application. It is a struct, since
// fx.Annotate makes a container of dig for each function.
type declared struct {
	fx.Out

	Section *section `group:"config.sections"`
}

// WithFile names the configuration files; a later one overrides an earlier one. The
// flag --config and the environment take precedence.
func WithFile(paths ...string) fx.Option {
	return WithSource(func(s *Source) { s.Files = paths })
}

// WithFlags lets flags that were given override everything else: --http.addr
// or --http-addr for the setting http.addr, --config for the file (a list, if the
// flag is one) and --config-format for the format of a file whose name does not say
// it. The set must have been parsed; it is never changed.
func WithFlags(flags *pflag.FlagSet) fx.Option {
	return WithSource(func(s *Source) { s.Flags = flags })
}

// WithPolicy sets what to do with changes that need a restart.
func WithPolicy(p Policy) fx.Option {
	return WithSource(func(s *Source) { s.Pending = p })
}

// WithSource changes where the configuration comes from. Several are called in
// no particular order.
func WithSource(change func(*Source)) fx.Option {
	return fx.Supply(fx.Annotate(change, fx.ResultTags(`group:"config.source"`)))
}

type catalogIn struct {
	fx.In

	App      *app.App
	Sections []*section      `group:"config.sections"`
	Changes  []func(*Source) `group:"config.source"`
}

func newFromGraph(in catalogIn) (*Catalog, error) {
	src := Source{Name: in.App.Name()}
	for _, change := range in.Changes {
		change(&src)
	}
	return newCatalog(in.Sections, src)
}

// attach makes the store react to commands and to changes of files.
func attach(a *app.App, st *Store) {
	c := &commands{store: st, app: a}
	c.register()
	warnUnusedEnv(a, st.catalog)
	if !st.catalog.src.Manual {
		a.Go("config watch", c.watch, app.StopIn(app.Unbind), app.Optional(), app.Restart(app.Backoff{}))
	}
	if st.catalog.src.Pending == Restart {
		c.restart = &restarter{store: st, app: a, requests: make(chan struct{}, 1)}
		a.Go("config restart", c.restart.run)
	}
}
