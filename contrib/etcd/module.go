package etcd

import (
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Module makes a document in etcd part of the configuration. The construction
// of the application waits for etcd, for Options.StartTimeout at most, when the
// configuration is read. Commands that ask a running process do not wait: they
// read the document that it has kept. Give it to fx.New itself, and to one
// application only: it has a state.
func Module(o Options) fx.Option {
	r := &remote{}
	return fx.Options(
		config.WithSource(func(s *config.Source) {
			if !r.begun { // commands build the application several times
				r.options, r.err = o.complete(s.Name, s.Environ)
			}
			for _, v := range variables {
				s.Reads = append(s.Reads, r.options.prefix+v)
			}
			if len(r.options.Client.Endpoints) == 0 {
				return
			}
			r.disk = lastGood{dir: r.options.Dir, key: r.options.Key}
			s.Remote = r
		}),
		fx.Decorate(r.learn),
		leaders(r),
		fleetStatus.provide(),
		fx.Invoke(func(a *app.App, store *config.Store) { // the source has been read
			f := &follower{remote: r, app: a, again: make(chan struct{}, 1)}
			a.Handle(fleetStatus.Name, f.status, app.About(fleetStatus.Text), app.Beside(), app.Shows())
			if len(r.options.Client.Endpoints) == 0 {
				return
			}
			if r.options.Staged.on() {
				f.fleet = newFleet(f, store)
			}
			a.Observe(f.observe)
			a.Wiring().AddMetrics(r.metrics)
			a.Go("etcd", f.run, app.Optional(), app.Restart(app.Backoff{}))
		}),
	)
}
