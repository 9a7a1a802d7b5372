package config

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// Store holds the configuration in force. There is one for an application; it
// owns no goroutine and needs no closing. All methods may be called from any
// goroutine at any time.
type Store struct {
	root        atomic.Pointer[Snapshot]
	catalog     *Catalog
	running     chan struct{} // holds one token while a reload runs
	commitStuck func(error)   // notes a Commit that is stuck; nil, or set before the first reload

	mu       sync.Mutex // guards what follows
	subs     []*subscriber
	queued   *call        // the reload that has not begun to read yet
	seen     *disk.Inputs // what the last reload read, whatever came of it
	seenSum  string
	ahead    *disk.Inputs   // what the watcher has read since; nil if it found no change
	recorded chan struct{}  // closed when a report is recorded
	current  *runningCommit // the Commit that is running
	past     []Report
	last     Report
	counts   counts
}

// Load reads the configuration for the first time. The error holds every
// problem ([InvalidError]), or what is wrong with the declarations in set.
//
// Without any file it succeeds: then defaults, environment and flags are all
// there is.
func Load(set *Set, src Source) (*Store, error) {
	l, err := newCatalog(set.sections, src)
	if err != nil {
		return nil, err
	}
	st, err := open(l)
	if err != nil {
		return nil, err
	}
	for i, connect := range set.values {
		connect(st, st.index(set.sections[i]))
	}
	return st, nil
}

func open(l *Catalog) (*Store, error) {
	st := &Store{catalog: l, running: make(chan struct{}, 1), counts: newCounts(), recorded: make(chan struct{})}
	begin := time.Now()
	c := l.load(l.inputs(context.Background(), disk.AtStart), nil)
	st.seen, st.seenSum = c.in, c.sum
	if len(c.problems) > 0 {
		return nil, &InvalidError{Problems: c.problems}
	}
	st.publish(&Snapshot{revision: 1}, c)
	r := st.report("start", begin, c)
	r.Result = Applied
	st.record(r)
	return st, nil
}

// index finds where a section is in every snapshot.
func (st *Store) index(s *section) int {
	for i, have := range st.catalog.sections {
		if have == s {
			return i
		}
	}
	panic(fmt.Sprintf("config: section %q is not part of this store", s.name))
}

// valueOf returns the value of a section that was loaded.
func valueOf[T any](st *Store, s *section) *Value[T] {
	return &Value[T]{root: &st.root, index: st.index(s), store: st}
}

// Snapshot returns the configuration in force: every section, of one revision.
func (st *Store) Snapshot() *Snapshot { return st.root.Load() }

// Files returns the files the configuration in force was read from, in order.
func (st *Store) Files() []string { return append([]string(nil), st.Snapshot().files...) }

// publish puts the candidate into force as s.
func (st *Store) publish(s *Snapshot, c *candidate) {
	s.values, s.tree, s.files = c.values, c.tree, c.files
	s.hash, s.at = c.sum, time.Now()
	st.root.Store(s)
}

func (st *Store) subscribe(s *subscriber) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.subs = append(st.subs, s)
}
