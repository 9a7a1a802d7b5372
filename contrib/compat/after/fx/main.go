// Shop is an fx application with a logger and a database.
package main

import (
	"context"
	"fmt"
	"net/http"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful/cli"
)

func main() {
	cli.Main("shop",
		fx.Decorate(newLogger), // not Provide: graceful has a *zap.Logger, and yours takes its place
		fx.Provide(newDB, newMux),
	)
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
