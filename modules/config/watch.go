package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// This is the only file that knows fsnotify. Its rules:
//
//   - Directories are watched, never files: a file that is replaced takes its watch
//     with it.
//   - An event only says that something may have changed. What counts is whether
//     the content differs.
//   - The files are read when it has been quiet for a moment, so a save is one
//     reload; and after maxWait at the latest, so a file that is always being
//     written is seen, too. The moment is longer for a file that is written in its
//     place: it may come in pieces. It is shortest for one that is renamed to its
//     name from one beside it, which is complete.
//   - Two changes within maxWait are reported, a third has to wait: a storm is a
//     few reloads.
//   - No error ends it. What cannot be watched is polled, and tried again.
const (
	maxWait       = time.Second
	pollSlow      = 2 * time.Second  // between two polls at the files when events work
	pollFast      = time.Second      // and when they do not
	abandon       = 10 * time.Second // after the end, for what blocks; Changed may take so long
	fullReadEvery = 15               // every so many polls the content is read
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

	refuse  func() error // a test's: opening fails with its error
	notify  *fsnotify.Watcher
	watched map[string]fs.FileInfo // directories, with what they were when the watch was set
	list    watchlist
	last    fsnotify.Event // of any file in a watched directory
	trouble error          // why we are polling
}

// Run watches until ctx is done, and returns nil. It is meant to be a task of
// the application; a second Run at the same time needs a second Watcher.
func (w *Watcher) Run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.loop(ctx)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-done:
	case <-time.After(abandon): // it is in a system call that blocks, on a dead mount
	}
	return nil
}

func (w *Watcher) loop(ctx context.Context) {
	if w.Changed == nil {
		w.Changed = func(ctx context.Context) { w.Store.Reload(ctx, "file change") }
	}
	defer w.close()
	w.syncWatches()
	w.reportMode(true)
	w.warnMounts()

	var (
		rest    = time.NewTimer(0) // it may have changed since it was loaded
		poll    = time.NewTimer(w.interval())
		save    = newSave(written) // that was under way when we came
		stamps  = w.Store.stamps()
		polls   int
		changes [2]time.Time // when the last two were reported
	)
	defer rest.Stop()
	defer poll.Stop()
	noticed := func(by manner) {
		save.event(time.Now(), by)
		rest.Reset(time.Until(save.complete(changes[0])))
	}
	for {
		var events chan fsnotify.Event
		var errs chan error
		if w.notify != nil {
			events, errs = w.notify.Events, w.notify.Errors
		}
		select {
		case <-ctx.Done():
			return
		case e, ok := <-events:
			if !ok { // the kernel took it from us; the next poll opens another
				w.close()
				w.trouble = errEnded
			}
			if !ok || w.list.concerns(e.Name) {
				noticed(w.manner(e))
			}
			w.last = e
		case <-errs: // the queue ran over: anything may have happened
			noticed(written)
		case <-poll.C:
			polls++
			if now := w.Store.stamps(); w.notify == nil || polls%fullReadEvery == 0 || !sameStamps(stamps, now) {
				stamps = now
				noticed(written) // how it was written is unknown
			}
			w.syncWatches()
			w.reportMode(false)
			poll.Reset(w.interval())
		case <-rest.C:
			by := save.by
			save.pending = false
			// Both before reading, so that what comes after is noticed.
			w.syncWatches()
			stamps = w.Store.stamps()
			if w.Store.changed(ctx, by) && ctx.Err() == nil {
				changes[0], changes[1] = changes[1], time.Now()
				w.Changed(ctx)
				w.syncWatches() // it may refer to other files now
			}
		}
	}
}

// manner says how an event changed a file. A rename inside a watched directory is
// two events in a row: the name before has gone, and this one is there.
func (w *Watcher) manner(e fsnotify.Event) manner {
	before := w.last
	switch {
	case e.Has(fsnotify.Write):
		return written
	case e.Has(fsnotify.Create) && before.Has(fsnotify.Rename) && before.Name != e.Name &&
		filepath.Dir(before.Name) == filepath.Dir(e.Name) && !w.list.concerns(before.Name):
		if _, err := os.Lstat(before.Name); errors.Is(err, fs.ErrNotExist) {
			return renamed
		}
	}
	return created
}

var errEnded = errors.New("the watch of the operating system ended")

// syncWatches makes the watched directories those that matter now. Components of
// the paths may be swapped while we set watches, so it is repeated until nothing
// moved.
func (w *Watcher) syncWatches() {
	if w.notify == nil && !w.open() {
		return
	}
	for range 5 {
		w.list = w.Store.watchlist()
		if !w.adjust() {
			return
		}
	}
}

func (w *Watcher) open() bool {
	var err error
	if w.refuse != nil {
		err = w.refuse()
	}
	if err == nil {
		w.notify, err = fsnotify.NewWatcher()
	}
	w.watched, w.trouble = map[string]fs.FileInfo{}, err
	return err == nil
}

func (w *Watcher) close() {
	if w.notify != nil {
		_ = w.notify.Close() // nothing is left to do about an error
		w.notify = nil
	}
}

// adjust sets and removes watches and reports whether it did.
func (w *Watcher) adjust() (moved bool) {
	w.trouble = nil
	live := map[string]bool{}
	for _, dir := range w.notify.WatchList() {
		live[dir] = true
	}
	for dir := range w.list {
		info, err := os.Stat(dir)
		if err != nil {
			continue // gone again; the next round finds out
		}
		if old := w.watched[dir]; live[dir] && old != nil && os.SameFile(old, info) {
			continue
		}
		if live[dir] { // another directory took its name
			_ = w.notify.Remove(dir)
		}
		if err := w.notify.Add(dir); err == nil {
			w.watched[dir], moved = info, true
		} else if !errors.Is(err, fs.ErrNotExist) {
			w.trouble = err
		}
	}
	for dir := range w.watched {
		if _, ok := w.list[dir]; !ok {
			_ = w.notify.Remove(dir) // it may be gone already
			delete(w.watched, dir)
		}
	}
	return moved
}

// interval is the time to the next poll, a little irregular so that a fleet does
// not poll in step.
func (w *Watcher) interval() time.Duration {
	d := pollSlow
	if w.trouble != nil {
		d = pollFast
	}
	return d - d/10 + rand.N(d/5)
}

// warnMounts warns of files whose changes can never be seen.
func (w *Watcher) warnMounts() {
	for _, path := range w.Store.readFiles() {
		if w.Warn != nil && mountedAlone(path) {
			w.Warn("changes of a file will not be seen", fmt.Errorf(
				"%s is mounted by itself (subPath, or a bind mount of one file): mount its directory instead", path))
		}
	}
}

// reportMode reports that the way of watching changed.
func (w *Watcher) reportMode(first bool) {
	mode := "events"
	if w.trouble != nil {
		mode = "poll"
	}
	if !w.Store.setWatchMode(mode) || first && mode == "events" || w.Warn == nil {
		return
	}
	if w.trouble != nil {
		w.Warn("files cannot be watched and are polled instead", w.trouble)
	} else {
		w.Warn("files are watched again", nil)
	}
}
