package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"time"

	"github.com/fsnotify/fsnotify"
)

// This is the only file that knows fsnotify. Its rules:
//
//   - Directories are watched, never files: a file that is replaced takes its watch with it.
//   - An event only says "look". What counts is whether the content differs.
//   - We look when it has been quiet for a moment, so a save is one reload; and
//     after maxWait at the latest, so a file that never rests is seen, too. The
//     moment is longer for a file that is written in its place: it may come in
//     pieces, while one that is renamed to its name is complete.
//   - Two changes within maxWait are told, a third has to wait: a storm is a few reloads.
//   - No error ends it. What cannot be watched is polled, and tried again.
const (
	quiet    = 50 * time.Millisecond
	still    = 200 * time.Millisecond // quiet after a write into a file that has its name already
	maxWait  = time.Second
	stroll   = 2 * time.Second // between two glances at the files when events work
	patrol   = time.Second     // and when they do not
	deepLook = 15              // every so many glances the content is read
)

// A Watcher reloads a store when its files change. Fill in the fields, call Run.
type Watcher struct {
	Store *Store
	// Changed is called when the files differ from what the store read last.
	// It should reload the store; while it does not, it is called now and
	// then, but never before it has returned. If nil, the store is reloaded.
	Changed func(ctx context.Context)
	// Tell is told, with the reason, when watching gets worse, and without
	// one when it is well again. May be nil.
	Tell func(text string, err error)

	refuse  func() error // a test's: opening fails with its error
	notify  *fsnotify.Watcher
	watched map[string]fs.FileInfo // directories, with what they were when the watch was set
	list    watchlist
	trouble error // why we are polling
}

// Run watches until ctx is done, and returns nil. It is meant to be a task of
// the application; a second Run at the same time needs a second Watcher.
func (w *Watcher) Run(ctx context.Context) error {
	if w.Changed == nil {
		w.Changed = func(ctx context.Context) { w.Store.Reload(ctx, "file change") }
	}
	defer w.close()
	w.sync()
	w.tell(true)
	w.warn()

	var (
		rest    = time.NewTimer(0) // it may have changed since it was loaded
		glance  = time.NewTimer(w.interval())
		save    = aSave(true) // that was under way when we came
		stamps  = w.Store.stamps()
		glances int
		told    [2]time.Time // the last two changes
	)
	defer rest.Stop()
	defer glance.Stop()
	stir := func(writing bool) {
		save.event(time.Now(), writing)
		rest.Reset(time.Until(save.over(told[0])))
	}
	for {
		var events chan fsnotify.Event
		var errs chan error
		if w.notify != nil {
			events, errs = w.notify.Events, w.notify.Errors
		}
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-events:
			if !ok { // the kernel took it from us; the next glance opens another
				w.close()
				w.trouble = errEnded
			}
			if !ok || w.list.concerns(e.Name) {
				stir(e.Has(fsnotify.Write))
			}
		case <-errs: // the queue ran over: anything may have happened
			stir(true)
		case <-glance.C:
			glances++
			if now := w.Store.stamps(); w.notify == nil || glances%deepLook == 0 || !sameStamps(stamps, now) {
				stamps = now
				stir(true) // nobody saw how
			}
			w.sync()
			w.tell(false)
			glance.Reset(w.interval())
		case <-rest.C:
			w.Store.expectPieces(save.written)
			save.pending = false
			// Both before reading, so that what comes after is noticed.
			w.sync()
			stamps = w.Store.stamps()
			if w.Store.differs(ctx) && ctx.Err() == nil {
				told[0], told[1] = told[1], time.Now()
				w.Changed(ctx)
				w.sync() // it may refer to other files now
			}
			w.Store.expectPieces(false)
		}
	}
}

var errEnded = errors.New("the watch of the operating system ended")

// sync makes the watched directories those that matter now. Components of the
// paths may be swapped while we set watches, so it is repeated until nothing
// moved.
func (w *Watcher) sync() {
	if w.notify == nil && !w.open() {
		return
	}
	for range 5 {
		w.list = w.Store.watchlist()
		if !w.step() {
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
		_ = w.notify.Close() // nobody is left who could use the error
		w.notify = nil
	}
}

// step sets and removes watches and reports whether it did.
func (w *Watcher) step() (moved bool) {
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

// interval is the time to the next glance, a little irregular so that a fleet
// does not move in step.
func (w *Watcher) interval() time.Duration {
	d := stroll
	if w.trouble != nil {
		d = patrol
	}
	return d - d/10 + rand.N(d/5)
}

// warn says that some changes can never be seen.
func (w *Watcher) warn() {
	for _, path := range w.Store.inUse() {
		if w.Tell != nil && mountedAlone(path) {
			w.Tell("changes of a file will not be seen", fmt.Errorf(
				"%s is mounted by itself (subPath, or a bind mount of one file): mount its directory instead", path))
		}
	}
}

// tell passes on that the way of watching changed.
func (w *Watcher) tell(first bool) {
	mode := "events"
	if w.trouble != nil {
		mode = "poll"
	}
	if !w.Store.watchedBy(mode) || first && mode == "events" || w.Tell == nil {
		return
	}
	if w.trouble != nil {
		w.Tell("files cannot be watched and are polled instead", w.trouble)
	} else {
		w.Tell("files are watched again", nil)
	}
}
