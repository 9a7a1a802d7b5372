package config

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// A Store holds the configuration in force. An application has one; it owns no
// goroutine and does not have to be closed. All methods may be called from any
// goroutine at any time.
type Store struct {
	root    atomic.Pointer[Snapshot]
	catalog *Catalog
	running chan struct{} // holds one token while a reload runs
	commits committer

	mu       sync.Mutex // guards what follows
	subs     []*subscriber
	queued   *call        // the reload that has not begun to read yet
	seen     *disk.Inputs // what the last reload read, whatever its result
	seenSum  string
	ahead    *disk.Inputs  // what the watcher has read since; nil if it found no change
	recorded chan struct{} // closed when a report is recorded
	past     []Report
	last     Report
	counts   counts
}

// A call is a reload that several callers may wait for.
type call struct {
	triggers []string
	done     chan struct{}
	report   Report
}

// Snapshot returns the configuration in force: every section, at one revision.
func (st *Store) Snapshot() *Snapshot { return st.root.Load() }

// Files returns the files from which the configuration in force was read, in order.
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
