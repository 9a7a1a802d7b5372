package compat

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func newHandler() http.Handler { return http.NotFoundHandler() }

func fromShutdown() {
	// snippet: shutdown
	graceful.Run(
		graceful.Name("shop"), // SHOP_HTTP_ADDR, shop.yaml; :8080 otherwise
		fx.Provide(newHandler),
	)
	// end
}

// snippet: own-server
func newServer(mux *http.ServeMux) *http.Server {
	return &http.Server{Addr: ":8080", Handler: mux} // no hooks: do not call Serve or Shutdown
}

// end

func fromHooksCore() fx.Option {
	// snippet: hooks-core
	return fx.Options(
		graceful.Core,
		fx.Provide(http.NewServeMux, newDB),
		httpserver.Manage(newServer),
	)
	// end
}

type db struct{}

func newDB(lc fx.Lifecycle) *db {
	lc.Append(fx.Hook{OnStop: func(context.Context) error { return nil }})
	return &db{}
}

func fromGraceSeveral() {
	// snippet: several
	graceful.Run(
		graceful.Name("shop"),
		fx.Provide(newHandler), // section http, SHOP_HTTP_ADDR
		httpserver.Named("internal", ":8081", newInternalHandler()), // section http.internal, SHOP_HTTP_INTERNAL_ADDR
	)
	// end
}

func newInternalHandler() http.Handler { return http.NotFoundHandler() }

var linesAddr = cmp.Or(os.Getenv("LINES_ADDR"), "127.0.0.1:7000")

// snippet: tableflip
// A server that is not HTTP. The listener of that name is the predecessor's,
// or is opened afresh.
func serveLines(a *app.App, sockets app.Sockets) {
	var ln net.Listener
	a.Add(app.Hook{Name: "lines", StartIn: app.Bind, StopIn: app.Unbind,
		OnStart: func(ctx context.Context) (err error) {
			ln, err = sockets.Listen(ctx, "lines", "tcp", linesAddr)
			return err
		},
		OnStop: func(context.Context) error { return ln.Close() },
	})
	a.Go("lines", func(ctx context.Context) error {
		for {
			c, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) {
				return nil
			} else if err != nil {
				return err
			}
			a.Go("line", func(ctx context.Context) error { return talk(ctx, c) }, app.FinishIn(app.Drain), app.StopIn(app.Unbind))
		}
	}, app.FinishIn(app.Drain), app.StopIn(app.Unbind))
}

// end

func talk(ctx context.Context, c net.Conn) error {
	defer c.Close()
	end := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer end()
	_, err := fmt.Fprintln(c, "hello")
	return err
}

func fromTableflip() {
	// snippet: tableflip-main
	graceful.Run(
		graceful.Name("lines"), // LINES_UPGRADE_PID_FILE=/run/lines.pid
		fx.Invoke(serveLines),
		fx.Invoke(func(a *app.App) {
			a.Go("janitor", clean, app.Exclusive()) // not before the predecessor has gone
		}),
	)
	// end
}

func clean(ctx context.Context) error { <-ctx.Done(); return nil }

func fromRun() {
	// snippet: run
	graceful.Run(
		fx.Provide(newHandler),
		fx.Invoke(func(a *app.App) {
			a.Go("mailer", sendMails)                         // its death ends the program, exit code 1
			a.Go("feed", follow, app.Restart(app.Backoff{}))  // this one is started again
			a.Go("import", importAll, app.ExitWhenDone())     // and this one ends it well
			a.At(app.Announce, "registry", deregister)        // before the door shuts
			a.Go("consumer", consume, app.StopIn(app.Unbind)) // stops pulling, then finishes
		}),
	)
	// end
}

func sendMails(ctx context.Context) error { <-ctx.Done(); return nil }
func follow(ctx context.Context) error    { <-ctx.Done(); return nil }
func importAll(context.Context) error     { return nil }
func deregister(context.Context) error    { return nil }
func consume(ctx context.Context) error   { <-app.Draining(ctx); return nil }

// snippet: config
type Limits struct {
	MaxTodos int `config:"max_todos" doc:"how many there may be"`
}

// end

func fromFlags() fx.Option {
	// snippet: config-use
	return fx.Options(
		config.Section[Limits]("limits", config.Default(func() Limits { return Limits{MaxTodos: 1000} })),
		fx.Invoke(func(limits *config.Value[Limits]) { log.Println(limits.Get().MaxTodos) }),
	)
	// end
}

// programs are run as processes by the tests.
var programs = map[string]func(){
	"shutdown": fromShutdown, "several": fromGraceSeveral, "tableflip": fromTableflip, "run": fromRun,
	"ory": fromOry, "manners": fromManners, "overseer": fromOverseer,
}
