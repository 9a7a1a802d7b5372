package config

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// CommitTimeout is how long a Commit may take before a note reports it as stuck.
// The reload still waits for it: half a change is worse than a late one.
const CommitTimeout = 5 * time.Second

// A runningCommit is a Commit that has not returned yet.
type runningCommit struct {
	subscriber string
	began      time.Time
	late       chan struct{} // closed after CommitTimeout
	done       chan struct{} // closed when it has returned
	goroutine  atomic.Uint64
}

// A committer runs one Commit after another.
type committer struct {
	onStuck func(error) // reports a Commit that is stuck; nil, or set before the first

	mu      sync.Mutex     // guards what follows
	current *runningCommit // nil: none is running
}

// run calls Commit, and returns its panic as an error.
func (m *committer) run(t preparedTx) error {
	c := &runningCommit{subscriber: t.name, began: time.Now(), late: make(chan struct{}), done: make(chan struct{})}
	m.setCurrent(c)
	defer func() {
		m.setCurrent(nil)
		close(c.done)
	}()
	alarm := time.AfterFunc(CommitTimeout, func() {
		close(c.late)
		if err := c.stuck(); err != nil && m.onStuck != nil {
			m.onStuck(err)
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

func (m *committer) setCurrent(c *runningCommit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.current = c
}

// late returns a channel that is closed when the Commit that is running has
// taken too long; it is nil when none is running.
func (m *committer) late() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.current == nil {
		return nil
	}
	return m.current.late
}

// await waits for the running Commit, but no longer than a Commit may take. Its
// error names the subscriber, with the stack of its goroutine.
func (m *committer) await(ctx context.Context) error {
	m.mu.Lock()
	c := m.current
	m.mu.Unlock()
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

// stuck returns an error that names the subscriber and the line that its Commit has
// reached. It returns nil if the Commit has returned.
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
