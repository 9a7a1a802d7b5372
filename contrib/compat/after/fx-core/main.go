// Shop is an fx application that keeps its logger and its server.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func main() {
	fx.New(
		graceful.Core,
		fx.Provide(newLogger, newDB, newMux),
		httpserver.Manage(newServer),
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

func newServer(mux *http.ServeMux) *http.Server {
	return &http.Server{Addr: os.Getenv("ADDR"), Handler: mux} // no hooks: Manage binds, serves and drains it
}
