package main

import "sync"

// bell wakes any number of waiters. The zero value is ready. It carries no data: a
// waiter looks into the database.
type bell struct {
	mu   sync.Mutex
	next chan struct{} // closed by the next ring; nil without waiters
}

// wait returns a channel that the next ring closes. Take it before looking, so that
// no ring falls in between.
func (b *bell) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}
