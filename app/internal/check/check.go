// Package check calls the functions on which readiness depends: never one twice at
// once, and never longer than it may take.
package check

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// Check is a function with its last call. Its methods may be called from any
// goroutine.
type Check struct {
	Name string

	fn      func(context.Context) error
	timeout time.Duration // of one call
	keep    time.Duration // for how long an answer counts

	mu   sync.Mutex // guards last
	last *call      // may still run
}

// New returns a check without a call.
func New(name string, fn func(context.Context) error, timeout, keep time.Duration) *Check {
	return &Check{Name: name, fn: fn, timeout: timeout, keep: keep}
}

// call is one call of a check.
type call struct {
	began time.Time
	done  chan struct{}
	err   error     // read after done
	ended time.Time // read after done
}

// valid reports whether the call runs, or has ended less than keep ago.
func (c *call) valid(keep time.Duration) bool {
	select {
	case <-c.done:
		return time.Since(c.ended) < keep
	default:
		return true
	}
}

// cancelGrace is the time that a check needs to return once its context has ended.
const cancelGrace = 20 * time.Millisecond

// ask returns the answer of the last call if it is valid, or of a new one. A call
// that does not return in time is an error. It stays the running one, so that a
// check which hangs holds one goroutine, however many probes come.
func (c *Check) ask(ctx context.Context) error {
	last := c.join()
	select {
	case <-last.done: // perhaps some time ago
		return last.err
	default:
	}
	left := time.NewTimer(time.Until(last.began.Add(c.timeout + cancelGrace)))
	defer left.Stop()
	select {
	case <-last.done:
		return last.err
	case <-left.C:
		return fmt.Errorf("no answer for %v", time.Since(last.began).Round(time.Millisecond))
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *Check) join() *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil || !c.last.valid(c.keep) {
		c.last = &call{began: time.Now(), done: make(chan struct{})}
		go c.run(c.last)
	}
	return c.last
}

// run makes one call. It belongs to no probe: the one that began it may be gone.
func (c *Check) run(this *call) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), c.timeout, fmt.Errorf("no answer within %v", c.timeout))
	defer cancel()
	this.err = guard.Call(func() error { return c.fn(ctx) })
	this.ended = time.Now()
	close(this.done)
}

// All calls all checks at once and returns their answers in the same order. It
// blocks for as long as the slowest may take, or until ctx ends.
func All(ctx context.Context, checks []*Check) []error {
	errs := make([]error, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { errs[i] = c.ask(ctx) })
	}
	all.Wait()
	return errs
}
