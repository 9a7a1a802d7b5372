package config

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/watch"
)

// A Watcher reloads a store when its files change. Fill in the fields, then call
// Run.
type Watcher struct {
	Store *Store
	// Changed is called when the files differ from what the store read last.
	// It should reload the store; as long as it does not, it is called again from
	// time to time, but never before it has returned. If nil, the store is
	// reloaded.
	Changed func(ctx context.Context)
	// Warn is called with the reason when watching degrades, and without one when
	// it works again. May be nil.
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

// watched is a store as the watcher sees it.
type watched struct{ *Store }

// Watchlist returns the paths that matter for the next reload: all that the last
// one read or looked for.
func (st watched) Watchlist() watch.List {
	st.mu.Lock()
	seen := st.seen
	st.mu.Unlock()
	w := watch.List{}
	for path := range seen.Files { // drop-ins, too: they may be links
		w.Follow(seen.Abs(path))
	}
	for _, path := range seen.Missing {
		w.Follow(seen.Abs(path))
	}
	for _, dir := range seen.Dirs {
		w.FollowDir(seen.Abs(dir), disk.IsConfigName)
	}
	for f := range seen.Found {
		w.FollowDir(seen.Abs(f.Dir), func(name string) bool { return strings.HasPrefix(name, f.Prefix) })
	}
	return w
}

// Paths returns the files that the last reload read.
func (st watched) Paths() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(st.seen.Files)) {
		paths = append(paths, st.seen.Abs(path))
	}
	return paths
}

// Stamps returns the states of all paths that matter, as far as they can be known
// without reading the files.
func (st watched) Stamps() map[string]fs.FileInfo {
	st.mu.Lock()
	seen := st.seen
	st.mu.Unlock()
	out := map[string]fs.FileInfo{}
	stamp := func(path string) { out[path], _ = os.Stat(seen.Abs(path)) } // missing is a state, too
	for path := range seen.Files {
		stamp(path)
	}
	for _, path := range seen.Missing {
		stamp(path)
	}
	for _, dir := range seen.Dirs {
		stamp(dir)
	}
	for f := range seen.Found {
		stamp(f.Dir)
	}
	return out
}

// inputs begins a load that knows the files that the last one read, and those that
// the watcher has read since.
func (st *Store) inputs(ctx context.Context) *disk.Inputs {
	st.mu.Lock()
	defer st.mu.Unlock()
	p := st.catalog.limits
	if st.ahead != nil {
		p = st.ahead.Timing
	}
	in := st.catalog.inputs(ctx, p).Following(st.seen)
	in.Ahead = st.ahead
	return in
}

// Differ reads the files of the last reload and reports whether any of them is
// different now. It waits for saves that are under way; by is how the files seem to
// have changed. The next reload uses what was read here, unless it has changed
// again.
func (st watched) Differ(ctx context.Context, by watch.Manner) bool {
	st.mu.Lock()
	seen, sum := st.seen, st.seenSum
	st.counts.scannedAt = time.Now()
	st.ahead = nil
	st.mu.Unlock()
	in := st.inputs(ctx)
	switch by {
	case watch.Renamed:
		in.Timing.Quiet = min(in.Timing.Quiet, disk.Brief)
	case watch.Written:
		in.Timing.Quiet = in.Timing.Still
	}
	in.Timing.Fresh = in.Timing.Quiet // nobody has said that the save is over
	for _, path := range st.catalog.src.documents(in, st.Snapshot().files) {
		_, _ = in.Read(path) // an error is part of the sum
	}
	in.Again(seen) // and what they refer to
	if ctx.Err() != nil || in.Sum() == sum {
		return false
	}
	st.mu.Lock()
	st.ahead = in
	st.mu.Unlock()
	return true
}

// SetMode notes how changes are noticed and reports whether that is new.
func (st watched) SetMode(mode string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	was := st.counts.watching
	st.counts.watching = mode
	return was != mode
}
