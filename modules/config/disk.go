package config

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"
)

// This file answers the questions of the watcher: which files matter, and whether
// they are still what the last reload read.

// watchlist is what matters for the next reload: all that the last one read or
// looked for.
func (st *Store) watchlist() watchlist {
	st.mu.Lock()
	seen := st.seen
	st.mu.Unlock()
	w := watchlist{}
	for path := range seen.files { // drop-ins, too: they may be links
		w.follow(seen.abs(path))
	}
	for _, path := range seen.missing {
		w.follow(seen.abs(path))
	}
	for _, dir := range seen.dirs {
		w.followDir(seen.abs(dir))
	}
	return w
}

// readFiles are the files the last reload read.
func (st *Store) readFiles() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	var paths []string
	for _, path := range slices.Sorted(maps.Keys(st.seen.files)) {
		paths = append(paths, st.seen.abs(path))
	}
	return paths
}

// stamps are the states of all paths that matter, as far as they can be known
// without reading the files.
func (st *Store) stamps() map[string]fs.FileInfo {
	st.mu.Lock()
	seen := st.seen
	st.mu.Unlock()
	out := map[string]fs.FileInfo{}
	stamp := func(path string) { out[path], _ = os.Stat(seen.abs(path)) } // missing is a state, too
	for path := range seen.files {
		stamp(path)
	}
	for _, path := range seen.missing {
		stamp(path)
	}
	for _, dir := range seen.dirs {
		stamp(dir)
	}
	return out
}

func sameStamps(a, b map[string]fs.FileInfo) bool {
	if len(a) != len(b) {
		return false
	}
	for path, x := range a {
		y, ok := b[path]
		if !ok || (x == nil) != (y == nil) || x != nil && !(os.SameFile(x, y) && sameStat(x, y)) {
			return false
		}
	}
	return true
}

// inputs begins a load that knows what the last one read, and what the watcher
// has read since.
func (st *Store) inputs(ctx context.Context) *inputs {
	st.mu.Lock()
	defer st.mu.Unlock()
	p := st.catalog.limits
	if st.ahead != nil {
		p = st.ahead.timing
	}
	in := st.catalog.inputs(ctx, p).following(st.seen)
	in.ahead = st.ahead
	return in
}

// changed reads what the last reload read and reports whether any of it is
// different now. It waits for saves that are under way; pieces says that a
// writer was seen that may not be done. The next reload takes over what was
// read, unless it has changed again by then.
func (st *Store) changed(ctx context.Context, pieces bool) bool {
	st.mu.Lock()
	seen, sum := st.seen, st.seenSum
	st.counts.scannedAt = time.Now()
	st.ahead = nil
	st.mu.Unlock()
	in := st.inputs(ctx)
	if pieces {
		in.timing.quiet = in.timing.still
	}
	for _, path := range st.catalog.src.documents(in, st.Snapshot().files) {
		_, _ = in.read(path) // an error is part of the sum
	}
	for path := range seen.files { // and what they refer to
		_, _ = in.read(path)
	}
	if ctx.Err() != nil || in.sum() == sum {
		return false
	}
	st.mu.Lock()
	st.ahead = in
	st.mu.Unlock()
	return true
}
