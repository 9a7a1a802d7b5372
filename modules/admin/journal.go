package admin

import (
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

const (
	journalLength = 256 // events that are kept
	backlog       = 64  // events that a reader may be behind
	answersLength = 10
)

// journal keeps the last events and passes them on to its readers. It never waits
// for a reader: one that is behind by more than its backlog is cut off.
type journal struct {
	mu        sync.Mutex // guards everything below
	last      uint64     // id of the last event
	events    []Event    // the last ones, the oldest first
	answers   []Answer
	successor int
	watchers  map[*watcher]struct{}
	dropped   int64
}

// watcher is one reader of the journal.
type watcher struct {
	events chan Event
	lost   chan struct{} // closed when it was cut off
}

func newJournal() *journal { return &journal{watchers: map[*watcher]struct{}{}} }

// observe is an observer of the App; it does not block.
func (j *journal) observe(e app.Event) {
	now := time.Now()
	w, ok := eventOf(e, now)
	j.mu.Lock()
	defer j.mu.Unlock()
	switch e := e.(type) {
	case app.SuccessorCommitted:
		j.successor = e.PID
	case app.CommandEnded:
		j.answers = append(j.answers, *w.Answer)
		j.answers = j.answers[max(0, len(j.answers)-answersLength):]
	}
	if ok {
		j.addLocked(w)
	}
}

// add puts an event of this package into the journal.
func (j *journal) add(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.addLocked(e)
}

func (j *journal) addLocked(e Event) {
	j.last++
	e.ID = j.last
	if len(j.events) == journalLength {
		j.events = append(j.events[:0:0], j.events[1:]...)
	}
	j.events = append(j.events, e)
	for w := range j.watchers {
		select {
		case w.events <- e:
		default:
			j.dropped++
			delete(j.watchers, w)
			close(w.lost)
		}
	}
}

// watch returns the events after the one with that id, as far as they are kept, and
// a watcher for those to come.
func (j *journal) watch(after uint64) (past []Event, w *watcher) {
	w = &watcher{events: make(chan Event, backlog), lost: make(chan struct{})}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.watchers[w] = struct{}{}
	for _, e := range j.events {
		if e.ID > after {
			past = append(past, e)
		}
	}
	return past, w
}

func (j *journal) unwatch(w *watcher) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.watchers, w)
}

func (j *journal) recent() (answers []Answer, successor int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Answer(nil), j.answers...), j.successor
}

func (j *journal) lastID() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

func (j *journal) counts() (watchers int, dropped int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.watchers), j.dropped
}
