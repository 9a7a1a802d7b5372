package main

import (
	"errors"
	"time"
)

// DB is the section db. A database does not move while it is open.
type DB struct {
	Path        string        `config:"path" reload:"restart" doc:"file of the database, on a local disk"`
	BusyTimeout time.Duration `config:"busy_timeout" reload:"restart" doc:"how long to wait for another writer"`
}

func (d *DB) Validate() error {
	if d.Path == "" {
		return errors.New("path is empty: name a file")
	}
	if d.BusyTimeout < 0 {
		return errors.New("busy_timeout is negative")
	}
	return nil
}

// Settings is the section todo.
type Settings struct {
	SlowEndpoint bool          `config:"slow_endpoint" doc:"serve GET /api/slow?d=2s, to watch a drain"`
	ExpireDone   time.Duration `config:"expire_done" doc:"delete todos this long after they were done; 0 = never"`
}

func (s *Settings) Validate() error {
	if s.ExpireDone < 0 {
		return errors.New("expire_done is negative: 0 means never")
	}
	return nil
}

// Limits is the section limits.
type Limits struct {
	MaxTodos int   `config:"max_todos" doc:"how many todos the list may hold"`
	MaxBody  int64 `config:"max_body" doc:"bytes a request body may have"`
	Rate     int   `config:"rate" doc:"writes a second; 0 = no limit"`
}

func (l *Limits) Validate() error {
	if l.MaxTodos < 0 || l.Rate < 0 {
		return errors.New("max_todos and rate must not be negative")
	}
	if l.MaxBody < 1 {
		return errors.New("max_body must be positive")
	}
	return nil
}

// UI is the section ui.
type UI struct {
	Title string `config:"title" doc:"heading of the page"`
}

func defaultDB() DB             { return DB{Path: "todo.db", BusyTimeout: 10 * time.Second} }
func defaultSettings() Settings { return Settings{ExpireDone: 7 * 24 * time.Hour} }
func defaultLimits() Limits     { return Limits{MaxTodos: 10_000, MaxBody: 64 << 10} }
func defaultUI() UI             { return UI{Title: "Todo"} }
