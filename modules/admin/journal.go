package admin

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

const (
	journalLength = 256 // events that are kept
	backlog       = 64  // by how many events a reader may be behind
	answersLength = 10
)

// journal keeps the last events and passes them on to its readers. It never waits
// for a reader: one that falls behind by more than its backlog is cut off.
type journal struct {
	generation func() int

	mu        sync.Mutex // guards everything below
	last      uint64     // id of the last event
	earlier   []Event    // the last ones of earlier generations, the oldest first
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

func newJournal(generation func() int) *journal {
	return &journal{generation: generation, watchers: map[*watcher]struct{}{}}
}

// idsOf returns the first id of a generation. Ids grow across generations, so that
// a reader that comes back after an upgrade continues where it was.
func idsOf(generation int) uint64 { return uint64(max(generation, 1)-1) << 32 }

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
		w.Answer.Generation = j.generation()
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
	e.Generation = j.generation()
	j.last = max(j.last, idsOf(e.Generation)) + 1
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
// a watcher for later ones.
func (j *journal) watch(after uint64) (past []Event, w *watcher) {
	w = &watcher{events: make(chan Event, backlog), lost: make(chan struct{})}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.watchers[w] = struct{}{}
	for _, e := range j.allLocked() {
		if e.ID > after {
			past = append(past, e)
		}
	}
	return past, w
}

func (j *journal) allLocked() []Event { return slices.Concat(j.earlier, j.events) }

// all returns the events that are kept, those of earlier generations first.
func (j *journal) all() []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Event{}, j.allLocked()...)
}

// load adds the events that earlier generations have left. Existing ones stay.
func (j *journal) load(events []Event, answers []Answer) {
	own := idsOf(j.generation())
	j.mu.Lock()
	defer j.mu.Unlock()
	events = slices.DeleteFunc(events, func(e Event) bool { return e.ID == 0 || e.ID > own })
	j.earlier = merge(j.earlier, events, journalLength, func(e Event) uint64 { return e.ID }, func(a, b Event) int { return cmp.Compare(a.ID, b.ID) })
	j.answers = merge(answers, j.answers, answersLength, func(a Answer) string { return a.At.Format(time.RFC3339Nano) + string(a.Command) },
		func(a, b Answer) int { return a.At.Compare(b.At) })
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
