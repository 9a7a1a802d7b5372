package watch

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

// This is the only file that imports fsnotify. Its rules:
//
//   - Directories are watched, never files: a file that is replaced takes its watch
//     with it.
//   - An event only says that something may have changed. Only a different content
//     counts.
//   - The files are read when it has been quiet for a moment, so a save is one
//     reload; and after maxWait at the latest, so a file that is always being
//     written is seen, too. The moment is longer for a file that is written in
//     place: it may come in pieces. It is shortest for a file that is renamed from
//     one beside it, which is complete.
//   - Two changes within maxWait are reported, a third has to wait: a storm is a
//     few reloads.
//   - No error ends it. What cannot be watched is polled, and tried again.
const (
	pollSlow      = 2 * time.Second // between two polls of the files when events work
	pollFast      = time.Second     // and when they do not
	fullReadEvery = 15              // the content is read at every so many polls
)

// Files is the store's view of the files that are watched.
type Files interface {
	// Watchlist returns the paths that matter for the next reload.
	Watchlist() List
	// Stamps returns the states of all paths that matter, as far as they can be
	// known without reading the files.
	Stamps() map[string]fs.FileInfo
	// Differ reads the files and reports whether they differ from what the last
	// reload read. It waits for saves that are under way.
	Differ(ctx context.Context, by Manner) bool
	// Paths returns the files that the last reload read.
	Paths() []string
	// SetMode notes how changes are noticed and reports whether that is new.
	SetMode(mode string) bool
}

// A Loop calls Changed when the files differ. Fill in the fields, then call Run.
type Loop struct {
	Files   Files
	Changed func(ctx context.Context)
	Warn    func(text string, err error) // may be nil
	Refuse  func() error                 // for tests: opening fails with its error; may be nil

	Notify  *fsnotify.Watcher      // nil: files are polled
	watched map[string]fs.FileInfo // directories, as they were when the watch was set
	list    List
	last    fsnotify.Event // of any file in a watched directory
	trouble error          // the reason for polling
	warned  bool           // of mounts
	calling chan struct{}  // full while Changed is called, and after the end
	looks   bounded        // while one is blocked, what is above belongs to it
}

// Run watches until ctx is done. It may leave a goroutine behind that is in a
// system call that blocks, or in Changed; after that it does nothing more.
func (w *Loop) Run(ctx context.Context) {
	w.calling = make(chan struct{}, 1)
	untilEnd(ctx, w.calling, func() { w.loop(ctx) })
}

func (w *Loop) loop(ctx context.Context) {
	defer w.looks.after(w.close)
	stamps := w.sync(ctx)
	w.reportMode(true)

	var (
		rest    = time.NewTimer(0) // it may have changed since it was loaded
		poll    = time.NewTimer(w.interval())
		save    = newSave(Written) // that was under way when the watch began
		polls   int
		changes [2]time.Time // when the last two were reported
	)
	defer rest.Stop()
	defer poll.Stop()
	noticed := func(by Manner) {
		save.event(time.Now(), by)
		rest.Reset(time.Until(save.complete(changes[0])))
	}
	for {
		var events chan fsnotify.Event
		var errs chan error
		if w.eventful() {
			events, errs = w.Notify.Events, w.Notify.Errors
		}
		select {
		case <-ctx.Done():
			return
		case e, ok := <-events:
			if !ok { // the kernel has ended it; the next poll opens another
				w.close()
				w.trouble = errEnded
			}
			if !ok || w.list.concerns(e.Name) {
				noticed(w.manner(e))
			}
			w.last = e
		case <-errs: // the queue overflowed: anything may have happened
			noticed(Written)
		case <-poll.C:
			polls++
			if now := w.sync(ctx); !w.eventful() || polls%fullReadEvery == 0 || !sameStamps(stamps, now) {
				stamps = now
				noticed(Written) // how it was written is unknown
			}
			w.reportMode(false)
			poll.Reset(w.interval())
		case <-rest.C:
			by := save.by
			save.pending = false
			stamps = w.sync(ctx) // before reading, so that later changes are noticed
			if w.Files.Differ(ctx, by) {
				changes[0], changes[1] = changes[1], time.Now()
				w.call(ctx)
				w.sync(ctx) // it may refer to other files now
			}
		}
	}
}

// call calls Changed, unless the watch has ended.
func (w *Loop) call(ctx context.Context) {
	select {
	case w.calling <- struct{}{}:
		defer func() { <-w.calling }()
	case <-ctx.Done():
	}
	if ctx.Err() == nil {
		w.Changed(ctx)
	}
}

// manner returns how an event changed a file. A rename inside a watched directory
// is two events in a row: the old name is gone, and the new one is there.
func (w *Loop) manner(e fsnotify.Event) Manner {
	before := w.last
	switch {
	case e.Has(fsnotify.Write):
		return Written
	case e.Has(fsnotify.Create) && before.Has(fsnotify.Rename) && before.Name != e.Name &&
		filepath.Dir(before.Name) == filepath.Dir(e.Name) && !w.list.concerns(before.Name):
		if _, err := os.Lstat(before.Name); errors.Is(err, fs.ErrNotExist) {
			return Renamed
		}
	}
	return Created
}

var errEnded = errors.New("the watch of the operating system ended")

// sync makes the directories watched that matter now, and returns the states of
// what is watched. As long as that blocks it returns nil, and the files are polled.
func (w *Loop) sync(ctx context.Context) (stamps map[string]fs.FileInfo) {
	result := make(chan map[string]fs.FileInfo, 1)
	if !w.looks.do(ctx, func() {
		w.SyncWatches()
		result <- w.Files.Stamps()
		w.warnMounts()
	}) {
		return nil
	}
	return <-result
}

// eventful reports whether the system may give events.
func (w *Loop) eventful() bool { return !w.looks.blocked() && w.Notify != nil }

// why returns the reason why files are polled, or nil.
func (w *Loop) why() error {
	if w.looks.blocked() {
		return errBlocked
	}
	return w.trouble
}

// SyncWatches makes the watched directories those that matter now. Components of
// the paths may be replaced while watches are set, so it is repeated until nothing
// has moved.
func (w *Loop) SyncWatches() {
	if w.Notify == nil && !w.open() {
		return
	}
	for range 5 {
		w.list = w.Files.Watchlist()
		if !w.adjust() {
			return
		}
	}
}

func (w *Loop) open() bool {
	var err error
	if w.Refuse != nil {
		err = w.Refuse()
	}
	if err == nil {
		w.Notify, err = fsnotify.NewWatcher()
	}
	w.watched, w.trouble = map[string]fs.FileInfo{}, err
	return err == nil
}

func (w *Loop) close() {
	if w.Notify != nil {
		_ = w.Notify.Close() // nothing is left to do about an error
		w.Notify = nil
	}
}

// adjust sets and removes watches, and reports whether there were any changes.
func (w *Loop) adjust() (moved bool) {
	w.trouble = nil
	live := map[string]bool{}
	for _, dir := range w.Notify.WatchList() {
		live[dir] = true
	}
	for dir := range w.list {
		info, err := os.Stat(dir)
		if err != nil {
			continue // gone again; the next round notices that
		}
		if old := w.watched[dir]; live[dir] && old != nil && os.SameFile(old, info) {
			continue
		}
		if live[dir] { // another directory has taken its name
			_ = w.Notify.Remove(dir)
		}
		if err := w.Notify.Add(dir); err == nil {
			w.watched[dir], moved = info, true
		} else if !errors.Is(err, fs.ErrNotExist) {
			w.trouble = err
		}
	}
	for dir := range w.watched {
		if _, ok := w.list[dir]; !ok {
			_ = w.Notify.Remove(dir) // it may be gone already
			delete(w.watched, dir)
		}
	}
	return moved
}

// interval returns the time to the next poll, a little irregular so that a fleet
// does not poll in step.
func (w *Loop) interval() time.Duration {
	d := pollSlow
	if w.why() != nil {
		d = pollFast
	}
	return d - d/10 + rand.N(d/5)
}

// warnMounts warns, once, of files whose changes cannot be seen.
func (w *Loop) warnMounts() {
	if w.warned {
		return
	}
	w.warned = true
	for _, path := range w.Files.Paths() {
		if w.Warn != nil && mountedAlone(path) {
			w.Warn("changes of a file will not be seen", fmt.Errorf(
				"%s is mounted by itself (subPath, or a bind mount of one file): mount its directory instead", path))
		}
	}
}

// reportMode reports that the way of watching changed.
func (w *Loop) reportMode(first bool) {
	mode, why := "events", w.why()
	if why != nil {
		mode = "poll"
	}
	if !w.Files.SetMode(mode) || first && mode == "events" || w.Warn == nil {
		return
	}
	if why != nil {
		w.Warn("files cannot be watched and are polled instead", why)
	} else {
		w.Warn("files are watched again", nil)
	}
}
