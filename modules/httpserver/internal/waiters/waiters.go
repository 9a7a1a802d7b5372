// Package waiters has the functions that handlers register for the beginning of a
// drain. The drain waits for those handlers.
package waiters

import (
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"
)

// Waiters has the waiters of one server. Its methods may be called at any time by
// any goroutine, and none blocks.
type Waiters struct {
	panicked func(v any, stack []byte)
	left     func()

	mu       sync.Mutex // guards everything below; nothing is called with it held
	all      map[*waiter]struct{}
	notified bool // a drain has begun
}

// waiter is one registered function.
type waiter struct {
	of     *Waiters
	notify func()
}

// New returns empty Waiters. panicked is called with a panic of a function, and
// left when a waiter is done.
func New(panicked func(v any, stack []byte), left func()) *Waiters {
	return &Waiters{panicked: panicked, left: left, all: map[*waiter]struct{}{}}
}

// Add registers notify: it is called on a new goroutine when the drain begins,
// unless done was called before.
func (s *Waiters) Add(notify func()) (done func()) {
	w := &waiter{s, notify}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[w] = struct{}{}
	if s.notified {
		go w.call()
	}
	return w.done
}

func (w *waiter) done() {
	w.of.mu.Lock()
	delete(w.of.all, w)
	w.of.mu.Unlock()
	w.of.left()
}

// Len returns how many there are.
func (s *Waiters) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// Notify notifies every waiter, spread at random over a time, so that their clients
// do not come back all at once. It returns how many there are.
func (s *Waiters) Notify(spread time.Duration) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notified = true
	for w := range s.all {
		wait := time.Duration(0)
		if spread > 0 {
			wait = rand.N(spread)
		}
		time.AfterFunc(wait, w.callUnlessDone)
	}
	return len(s.all)
}

func (w *waiter) callUnlessDone() {
	w.of.mu.Lock()
	_, here := w.of.all[w]
	w.of.mu.Unlock()
	if here {
		w.call()
	}
}

// call keeps a panic of the application's function from ending the process.
func (w *waiter) call() {
	defer func() {
		if v := recover(); v != nil {
			w.of.panicked(v, debug.Stack())
		}
	}()
	w.notify()
}
