// Lines greets on a socket that is no HTTP.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func main() {
	cli.Main("lines", // LINES_UPGRADE_PID_FILE=lines.pid
		httpserver.Tune("off", 0, func(s *http.Server) { s.Addr = httpserver.Off }), // no HTTP
		fx.Invoke(serveLines),
		fx.Invoke(func(a *app.App) {
			a.Go("janitor", clean, app.Exclusive()) // WaitForParent: not before the predecessor has gone
		}),
	)
}

// serveLines takes the predecessor's listener of that name, or opens one.
func serveLines(a *app.App, sockets app.Sockets) {
	var ln net.Listener
	a.Add(app.Hook{Name: "lines", StartIn: app.Bind, StopIn: app.Unbind,
		OnStart: func(ctx context.Context) (err error) {
			ln, err = sockets.Listen(ctx, "lines", "tcp", os.Getenv("ADDR"))
			return err
		},
		OnStop: func(context.Context) error { return ln.Close() },
	})
	a.Go("lines", func(context.Context) error {
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

func talk(ctx context.Context, c net.Conn) error {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })() // out of time
	_, err := fmt.Fprintln(c, "hello")
	return err
}

func clean(ctx context.Context) error { <-ctx.Done(); return nil }
