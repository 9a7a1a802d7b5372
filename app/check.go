package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// Check is one condition of readiness, such as "the database answers".
type Check struct {
	Name    string
	Fn      func(context.Context) error
	Timeout time.Duration // of one call; 0 means 1s
	Keep    time.Duration // for how long an answer counts, good or bad; 0: each probe asks anew
}

// AddCheck adds a condition to ReadyHandler; with fx, AsCheck does. It is
// called at a probe, at the same time as the others and never twice at once:
// probes that come meanwhile share its answer. A failing check makes the
// process unready, never dead. It may be added at any time, and stays; two of
// the same name are two checks.
func (a *App) AddCheck(c Check) {
	if c.Fn == nil {
		a.misuse(fmt.Errorf("check %s has no function", c.Name))
		return
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Second
	}
	r := &a.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	r.checks = append(r.checks, &check{Check: c})
}

// check is a Check with its last call.
type check struct {
	Check

	mu   sync.Mutex // guards call
	call *checkCall // may still run
}

// checkCall is one call of a check.
type checkCall struct {
	began time.Time
	done  chan struct{}
	err   error     // read after done
	ended time.Time // read after done
}

// valid reports whether the call runs, or has ended less than keep ago.
func (f *checkCall) valid(keep time.Duration) bool {
	select {
	case <-f.done:
		return time.Since(f.ended) < keep
	default:
		return true
	}
}

// cancelGrace is what a check that returns when its context ends needs for that.
const cancelGrace = 20 * time.Millisecond

// ask returns the answer of the last call if it counts, or of a new one. A
// call that does not return in time is an error; it stays the running one, so
// that a check which hangs holds one goroutine, however many probes come.
func (c *check) ask(ctx context.Context) error {
	f := c.join()
	select {
	case <-f.done: // perhaps some time ago
		return f.err
	default:
	}
	left := time.NewTimer(time.Until(f.began.Add(c.Timeout + cancelGrace)))
	defer left.Stop()
	select {
	case <-f.done:
		return f.err
	case <-left.C:
		return fmt.Errorf("no answer for %v", time.Since(f.began).Round(time.Millisecond))
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *check) join() *checkCall {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.call == nil || !c.call.valid(c.Keep) {
		c.call = &checkCall{began: time.Now(), done: make(chan struct{})}
		go c.run(c.call)
	}
	return c.call
}

// run belongs to no probe in particular: the one that began it may be gone.
func (c *check) run(f *checkCall) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), c.Timeout, fmt.Errorf("no answer within %v", c.Timeout))
	defer cancel()
	f.err = guard.Call(func() error { return c.Fn(ctx) })
	f.ended = time.Now()
	close(f.done)
}

// runChecks calls all checks at once.
func runChecks(ctx context.Context, checks []*check) []error {
	errs := make([]error, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() { errs[i] = c.ask(ctx) })
	}
	all.Wait()
	return errs
}
