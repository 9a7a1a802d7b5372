package config

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// CommitTimeout is how long a Commit may take before a note calls it stuck. The
// reload still waits for it: half a change is worse than a late one.
const CommitTimeout = 5 * time.Second

// A runningCommit is a Commit that has not returned yet.
type runningCommit struct {
	subscriber string
	began      time.Time
	late       chan struct{} // closed after CommitTimeout
	done       chan struct{} // closed when it has returned
	goroutine  atomic.Uint64
}

// commit calls Commit and returns its panic.
func (st *Store) commit(t preparedTx) error {
	c := &runningCommit{subscriber: t.name, began: time.Now(), late: make(chan struct{}), done: make(chan struct{})}
	st.setCurrent(c)
	defer func() {
		st.setCurrent(nil)
		close(c.done)
	}()
	alarm := time.AfterFunc(CommitTimeout, func() {
		close(c.late)
		if err := c.stuck(); err != nil && st.commitStuck != nil {
			st.commitStuck(err)
		}
	})
	defer alarm.Stop()
	return recovered(func() {
		c.goroutine.Store(guard.GoroutineID())
		if t.tx.Commit != nil {
			t.tx.Commit()
		}
	})
}

func (st *Store) setCurrent(c *runningCommit) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.current = c
}

// commitLate returns a channel that is closed when the Commit that is running has
// taken too long; it is nil when none is running.
func (st *Store) commitLate() <-chan struct{} {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.current == nil {
		return nil
	}
	return st.current.late
}

// awaitCommit waits for the Commit that is running, but no longer than that may
// take. Its error names the subscriber, with the stack of its goroutine.
func (st *Store) awaitCommit(ctx context.Context) error {
	st.mu.Lock()
	c := st.current
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

// stuck names the subscriber and the place at which its Commit is. It returns nil
// if the Commit has returned.
func (c *runningCommit) stuck() error {
	select {
	case <-c.done:
		return nil
	default:
	}
	err := fmt.Errorf("the Commit of subscriber %q has not returned for %v; until it does there is no other reload, upgrade or command",
		c.subscriber, time.Since(c.began).Round(time.Second))
	return guard.Traced(err, guard.StackOf(c.goroutine.Load()))
}
