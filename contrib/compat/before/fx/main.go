// Shop is an fx application with a logger, a database and a server, each with the
// hooks that it needs.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	"go.uber.org/fx"
	"go.uber.org/zap"
)

func main() {
	fx.New(
		fx.Provide(newLogger, newDB, newMux, newServer),
		fx.Invoke(func(*http.Server) {}),
	).Run()
}

func newLogger() (*zap.Logger, error) { return zap.NewDevelopment() }

type DB struct{ log *zap.Logger }

func newDB(lc fx.Lifecycle, log *zap.Logger) *DB {
	db := &DB{log: log}
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error { db.log.Info("database opened"); return nil },
		OnStop:  func(context.Context) error { db.log.Info("database closed"); return nil },
	})
	return db
}

func newMux(*DB) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "open") })
	return mux
}

func newServer(lc fx.Lifecycle, mux *http.ServeMux) *http.Server {
	srv := &http.Server{Addr: os.Getenv("ADDR"), Handler: mux}
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error {
			ln, err := net.Listen("tcp", srv.Addr)
			if err != nil {
				return err
			}
			go srv.Serve(ln)
			return nil
		},
		OnStop: srv.Shutdown,
	})
	return srv
}
