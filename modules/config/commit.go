package config

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// CommitTimeout is how long a Commit may take before it is called stuck and
// told of. It is awaited all the same: half a change is worse than a late one.
const CommitTimeout = 5 * time.Second

// A commitment is a Commit that is running.
type commitment struct {
	by        string
	began     time.Time
	late      chan struct{} // closed after CommitTimeout
	goroutine atomic.Uint64
}

// commit calls Commit and returns its panic.
func (st *Store) commit(t preparedTx) error {
	c := &commitment{by: t.name, began: time.Now(), late: make(chan struct{})}
	st.committing(c)
	defer st.committing(nil)
	alarm := time.AfterFunc(CommitTimeout, func() {
		close(c.late)
		if err := st.stuck(); err != nil && st.tell != nil {
			st.tell(err)
		}
	})
	defer alarm.Stop()
	return quietly(func() {
		c.goroutine.Store(guard.GoroutineID())
		if t.tx.Commit != nil {
			t.tx.Commit()
		}
	})
}

func (st *Store) committing(c *commitment) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.now = c
}

// late is closed when the Commit that is running has taken too long; it is nil
// when none is running.
func (st *Store) late() <-chan struct{} {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.now == nil {
		return nil
	}
	return st.now.late
}

// stuck names the subscriber whose Commit has taken too long, with the stack
// of its goroutine.
func (st *Store) stuck() error {
	st.mu.Lock()
	c := st.now
	st.mu.Unlock()
	if c == nil || time.Since(c.began) < CommitTimeout {
		return nil
	}
	err := fmt.Errorf("the Commit of subscriber %q has not returned for %v; until it does there is no other reload, upgrade or command",
		c.by, time.Since(c.began).Round(time.Second))
	return guard.Traced(err, guard.StackOf(c.goroutine.Load()))
}
