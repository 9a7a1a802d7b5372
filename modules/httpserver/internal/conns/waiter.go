package conns

import (
	"context"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// waiters are the calls of AddWaiter that are not done. The mutex of the Set guards
// them.
type waiters struct {
	all      map[*waiter]struct{}
	notified bool // a drain has begun
}

// waiter is one of them: the drain waits for it, and it for the drain.
type waiter struct {
	set    *Set
	notify func()
}

// AddWaiter has notify called, on a new goroutine, when the drain begins, and the
// drain wait until done is called. It does nothing if ctx is of no Set.
func AddWaiter(ctx context.Context, notify func()) (done func()) {
	s, ok := ctx.Value(setKey{}).(*Set)
	if !ok {
		return func() {}
	}
	w := &waiter{s, notify}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiters.all[w] = struct{}{}
	if s.waiters.notified {
		go w.call()
	}
	return w.done
}

func (w *waiter) done() {
	w.set.mu.Lock()
	defer w.set.mu.Unlock()
	delete(w.set.waiters.all, w)
	w.set.closeIfEmptyLocked()
}

// Waiters counts them.
func (s *Set) Waiters() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiters.all)
}

// NotifyWaiters notifies every waiter, spread at random over a time, so that their
// clients do not come back all at once. It returns how many there are.
func (s *Set) NotifyWaiters(spread time.Duration) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiters.notified = true
	for w := range s.waiters.all {
		wait := time.Duration(0)
		if spread > 0 {
			wait = rand.N(spread)
		}
		time.AfterFunc(wait, w.callUnlessDone)
	}
	return len(s.waiters.all)
}

func (w *waiter) callUnlessDone() {
	w.set.mu.Lock()
	_, here := w.set.waiters.all[w]
	w.set.mu.Unlock()
	if here {
		w.call()
	}
}

// call keeps a panic of the application's function from ending the process.
func (w *waiter) call() {
	defer func() {
		if v := recover(); v != nil {
			w.set.Panicked(v, debug.Stack())
		}
	}()
	w.notify()
}
