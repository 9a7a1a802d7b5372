// Package delivery delivers events to observers, in order, without waiting for one
// that does not return.
package delivery

import (
	"sync"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// Queue delivers events to observers. Its goroutine lives as long as there is
// something to deliver. Its methods may be called from any goroutine.
type Queue[E any] struct {
	mu        sync.Mutex // guards everything below
	observers []func(E)
	queue     []Delivery[E]
	deliverer uint64        // the goroutine that delivers; 0: none
	late      bool          // an observer has exceeded its limit; reset when all is delivered
	idle      chan struct{} // closed when all is delivered; nil when it is
}

// Delivery is an event on its way.
type Delivery[E any] struct {
	event     E
	delivered chan struct{} // closed when every observer has returned
}

// Observe makes fn receive what is posted from now on, one event at a time and in
// order. fn may panic; the other observers get the event all the same.
func (q *Queue[E]) Observe(fn func(E)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	// A new slice: deliver may be reading the old one.
	q.observers = append(q.observers[:len(q.observers):len(q.observers)], fn)
}

// Post puts an event into the queue and does not wait.
func (q *Queue[E]) Post(ev E) Delivery[E] {
	d := Delivery[E]{ev, make(chan struct{})}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, d)
	if q.idle == nil {
		q.idle = make(chan struct{})
		go q.deliver()
	}
	return d
}

// Wait returns when d has been delivered, but after limit at most. It does not wait
// at all for observers that are late already, nor on the goroutine that delivers,
// nor once hurried is closed.
func (q *Queue[E]) Wait(d Delivery[E], limit time.Duration, hurried <-chan struct{}) {
	q.mu.Lock()
	skip := q.late || q.deliverer != 0 && q.deliverer == guard.GoroutineID()
	q.mu.Unlock()
	if skip {
		return
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-d.delivered:
	case <-hurried:
	case <-t.C:
		q.mu.Lock()
		q.late = q.idle != nil
		q.mu.Unlock()
	}
}

// deliver passes queued events to observers, in order, and ends when the queue is
// empty.
func (q *Queue[E]) deliver() {
	q.mu.Lock()
	q.deliverer = guard.GoroutineID()
	q.mu.Unlock()
	done := false
	defer func() {
		if !done { // an observer called runtime.Goexit; the others must not suffer
			go q.deliver()
		}
	}()
	for {
		q.mu.Lock()
		if len(q.queue) == 0 {
			close(q.idle)
			q.idle, q.deliverer, q.late = nil, 0, false
			q.mu.Unlock()
			done = true
			return
		}
		next, observers := q.queue[0], q.observers
		q.queue = q.queue[1:]
		q.mu.Unlock()
		next.send(observers)
	}
}

func (d Delivery[E]) send(observers []func(E)) {
	defer close(d.delivered)
	for _, fn := range observers {
		call(fn, d.event)
	}
}

func call[E any](fn func(E), e E) {
	defer func() { _ = recover() }() // documented at Observe
	fn(e)
}

// Flush waits until every event posted so far has been delivered, but not
// longer than d.
func (q *Queue[E]) Flush(d time.Duration) {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	if idle == nil {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-idle:
	case <-t.C:
	}
}
