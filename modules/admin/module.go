package admin

import (
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/recent"
	"github.com/gracefulfx/graceful/modules/config"
)

// Module serves the admin API as the section "admin" says. It needs app.Module and
// config.Module. Place it before modules that have members of the phase Final, so
// that it is the last to stop.
var Module = fx.Options(
	config.Section[Config]("admin", config.Default(DefaultConfig)),
	fx.Provide(newServer),
	fx.Invoke(func(*Server) {}),
)

type serverIn struct {
	fx.In

	App     *app.App
	Config  *config.Value[Config]
	Store   *config.Store
	Sockets app.Sockets   `optional:"true"`
	Version Version       `optional:"true"`
	Recent  *recent.Lines `optional:"true"`
	Graph   fx.DotGraph
}

func newServer(in serverIn) *Server {
	s := New(in.App, *in.Config.Get(), in.Store, in.Sockets)
	s.graph, s.recent = string(in.Graph), in.Recent
	s.build = buildOf(in.Version)
	return s
}
