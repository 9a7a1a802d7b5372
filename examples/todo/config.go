package main

import (
	"errors"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/modules/config"
)

// sections declares the settings of todo beside those of the framework. todo.yaml
// shows them all.
func sections() fx.Option {
	return fx.Options(
		config.Section[DB]("db", config.Default(func() DB {
			return DB{Path: "todo.db", BusyTimeout: 10 * time.Second}
		})),
		config.Section[Settings]("todo", config.Default(func() Settings {
			return Settings{ExpireDone: 7 * 24 * time.Hour}
		})),
		config.Section[Limits]("limits", config.Default(func() Limits {
			return Limits{MaxTodos: 10_000, MaxBody: 64 << 10}
		})),
		config.Section[UI]("ui", config.Default(func() UI {
			return UI{Title: "Todo"}
		})),
	)
}

// DB is the section db. It is read once: a database does not move while it is open.
type DB struct {
	Path        string        `config:"path" reload:"restart" doc:"file of the database, on a local disk; relative to the working directory"`
	BusyTimeout time.Duration `config:"busy_timeout" reload:"restart" doc:"how long a write waits for another process; longer than the longest migration"`
}

func (d *DB) Validate() error {
	var errs []error
	if d.Path == "" {
		errs = append(errs, config.Invalid("path", "is empty; name a file"))
	}
	if d.BusyTimeout <= 0 {
		errs = append(errs, config.Invalid("busy_timeout", "must be positive: two generations share the database during an upgrade"))
	}
	return errors.Join(errs...)
}

// Settings is the section todo.
type Settings struct {
	SlowEndpoint bool          `config:"slow_endpoint" doc:"serve GET /api/slow?d=2s, to watch a drain"`
	ExpireDone   time.Duration `config:"expire_done" doc:"delete todos this long after they were done; 0 keeps them"`
}

func (s *Settings) Validate() error {
	if s.ExpireDone < 0 {
		return config.Invalid("expire_done", "is negative; 0 keeps what is done")
	}
	return nil
}

// Limits is the section limits. Every request reads it again, so a reload takes
// effect with the next one.
type Limits struct {
	MaxTodos int   `config:"max_todos" doc:"how many todos the list may hold"`
	MaxBody  int64 `config:"max_body" doc:"bytes a request body may have"`
	Rate     int   `config:"rate" doc:"writes a second; 0 is no limit"`
}

func (l *Limits) Validate() error {
	var errs []error
	if l.MaxTodos < 1 {
		errs = append(errs, config.Invalid("max_todos", "must be 1 or more"))
	}
	if l.MaxBody < 1 {
		errs = append(errs, config.Invalid("max_body", "must be 1 or more"))
	}
	if l.Rate < 0 {
		errs = append(errs, config.Invalid("rate", "is negative; 0 is no limit"))
	}
	return errors.Join(errs...)
}

// UI is the section ui.
type UI struct {
	Title string `config:"title" doc:"heading of the page"`
}
