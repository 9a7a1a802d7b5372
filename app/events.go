package app

import (
	"errors"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// Observe makes fn receive every event from now on, one at a time and in
// order, on a goroutine of the App's. What happens waits a moment for its
// event to be delivered, so that as a rule an observer has seen it before
// anything comes of it; but it never waits for an observer that does not
// return: a stop goes on while a log blocks, and ends within its budget; the
// last events are lost then. fn may call back into the App. A panic in fn is
// swallowed: rendering an event cannot stop what happens. There is no way to
// unsubscribe; observers live as long as the App.
func (a *App) Observe(fn func(Event)) {
	if fn == nil {
		a.misuse(errors.New("a nil observer was given to Observe"))
		return
	}
	a.events.observe(fn)
}

// emit delivers e, and returns when it has been or when observers are late.
func (a *App) emit(e Event) { a.events.wait(a.events.post(e)) }

func (a *App) emitAll(events []Event) {
	for _, e := range events {
		a.emit(e)
	}
}

// events is a queue with a goroutine that lives as long as there is something
// to deliver.
type events struct {
	counters counters // of all there ever were

	mu        sync.Mutex
	observers []func(Event)
	queue     []delivery
	deliverer uint64        // the goroutine that delivers; 0: none
	late      bool          // an observer was waited for in vain; reset when all is delivered
	idle      chan struct{} // closed when all is delivered; nil when it is
}

// delivery is an event on its way.
type delivery struct {
	event     Event
	delivered chan struct{} // closed when every observer has returned
}

func (e *events) observe(fn func(Event)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	// A new slice: deliver may be reading the old one.
	e.observers = append(e.observers[:len(e.observers):len(e.observers)], fn)
}

// post puts an event into the queue and does not wait.
func (e *events) post(ev Event) delivery {
	l := delivery{ev, make(chan struct{})}
	e.counters.count(ev)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queue = append(e.queue, l)
	if e.idle == nil {
		e.idle = make(chan struct{})
		go e.deliver()
	}
	return l
}

// deliveryWait is how long an event is waited for.
const deliveryWait = time.Second

// wait returns when l has been delivered, or cannot be in time: it does not
// wait at all for observers that are late already, nor on the goroutine that
// delivers.
func (e *events) wait(l delivery) {
	e.mu.Lock()
	skip := e.late || e.deliverer == guard.GoroutineID()
	e.mu.Unlock()
	if skip {
		return
	}
	t := time.NewTimer(deliveryWait)
	defer t.Stop()
	select {
	case <-l.delivered:
	case <-t.C:
		e.mu.Lock()
		e.late = e.idle != nil
		e.mu.Unlock()
	}
}

// deliver hands on what is queued, in order, and ends when nothing is.
func (e *events) deliver() {
	e.mu.Lock()
	e.deliverer = guard.GoroutineID()
	e.mu.Unlock()
	done := false
	defer func() {
		if !done { // an observer called runtime.Goexit; the others must not suffer
			go e.deliver()
		}
	}()
	for {
		e.mu.Lock()
		if len(e.queue) == 0 {
			close(e.idle)
			e.idle, e.deliverer, e.late = nil, 0, false
			e.mu.Unlock()
			done = true
			return
		}
		next, observers := e.queue[0], e.observers
		e.queue = e.queue[1:]
		e.mu.Unlock()
		next.send(observers)
	}
}

func (l delivery) send(observers []func(Event)) {
	defer close(l.delivered)
	for _, fn := range observers {
		callObserver(fn, l.event)
	}
}

func callObserver(fn func(Event), e Event) {
	defer func() { _ = recover() }() // documented at Observe
	fn(e)
}

// flush waits until every event emitted so far has been delivered, but not
// longer than d.
func (e *events) flush(d time.Duration) {
	e.mu.Lock()
	idle := e.idle
	e.mu.Unlock()
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
