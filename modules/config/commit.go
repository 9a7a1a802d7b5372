package config

import (
	"context"
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
	done      chan struct{} // closed when it has returned
	goroutine atomic.Uint64
}

// commit calls Commit and returns its panic.
func (st *Store) commit(t preparedTx) error {
	c := &commitment{by: t.name, began: time.Now(), late: make(chan struct{}), done: make(chan struct{})}
	st.committing(c)
	defer func() {
		st.committing(nil)
		close(c.done)
	}()
	alarm := time.AfterFunc(CommitTimeout, func() {
		close(c.late)
		if err := c.stuck(); err != nil && st.tell != nil {
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

// committed waits for the Commit that is running, but no longer than that may
// take. Its error names the subscriber, with the stack of its goroutine.
func (st *Store) committed(ctx context.Context) error {
	st.mu.Lock()
	c := st.now
	st.mu.Unlock()
	if c == nil {
		return nil
	}
	select {
	case <-c.done:
	case <-c.late:
	case <-ctx.Done():
	}
	return c.stuck()
}

// stuck tells whose Commit it is, and where it is. It is nil if that has returned.
func (c *commitment) stuck() error {
	select {
	case <-c.done:
		return nil
	default:
	}
	err := fmt.Errorf("the Commit of subscriber %q has not returned for %v; until it does there is no other reload, upgrade or command",
		c.by, time.Since(c.began).Round(time.Second))
	return guard.Traced(err, guard.StackOf(c.goroutine.Load()))
}
