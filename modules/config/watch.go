package config

import (
	"context"

	"github.com/gracefulfx/graceful/modules/config/internal/watch"
)

// A Watcher reloads a store when its files change. Fill in the fields, call Run.
type Watcher struct {
	Store *Store
	// Changed is called when the files differ from what the store read last.
	// It should reload the store; while it does not, it is called now and
	// then, but never before it has returned. If nil, the store is reloaded.
	Changed func(ctx context.Context)
	// Warn is called with the reason when watching gets worse, and without one
	// when it is well again. May be nil.
	Warn func(text string, err error)

	loop watch.Loop
}

// Run watches until ctx is done, and returns nil. It is meant to be a task of
// the application; a second Run at the same time needs a second Watcher.
func (w *Watcher) Run(ctx context.Context) error {
	w.begin().Run(ctx)
	return nil
}

func (w *Watcher) begin() *watch.Loop {
	w.loop.Files, w.loop.Changed, w.loop.Warn = watched{w.Store}, w.Changed, w.Warn
	if w.loop.Changed == nil {
		w.loop.Changed = func(ctx context.Context) { w.Store.Reload(ctx, "file change") }
	}
	return &w.loop
}
