package app

import (
	"errors"
	"sync"
	"time"
)

// Observe makes fn receive every event from now on, one at a time and in
// order, on a goroutine of the App's. What happens never waits for an
// observer: a stop goes on while one hangs, and ends within its budget; the
// last events are lost then. fn may call back into the App. A panic in fn is
// swallowed: who renders an event cannot stop what happens. There is no way to
// unsubscribe; observers live as long as the App.
func (a *App) Observe(fn func(Event)) {
	if fn == nil {
		a.misuse(errors.New("a nil observer was given to Observe"))
		return
	}
	a.events.observe(fn)
}

func (a *App) emit(e Event) { a.events.emit(e) }

func (a *App) emitAll(events []Event) {
	for _, e := range events {
		a.emit(e)
	}
}

// events is a queue with a goroutine that lives as long as there is something
// to deliver.
type events struct {
	mu        sync.Mutex
	observers []func(Event)
	queue     []Event
	idle      chan struct{} // closed when everything is delivered; nil when it is
}

func (e *events) observe(fn func(Event)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	// A new slice: deliver may be reading the old one.
	e.observers = append(e.observers[:len(e.observers):len(e.observers)], fn)
}

func (e *events) emit(ev Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queue = append(e.queue, ev)
	if e.idle == nil {
		e.idle = make(chan struct{})
		go e.deliver()
	}
}

// deliver hands on what is queued, in order, and ends when nothing is.
func (e *events) deliver() {
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
			e.idle = nil
			e.mu.Unlock()
			done = true
			return
		}
		next, observers := e.queue[0], e.observers
		e.queue = e.queue[1:]
		e.mu.Unlock()
		for _, fn := range observers {
			render(fn, next)
		}
	}
}

func render(fn func(Event), e Event) {
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
