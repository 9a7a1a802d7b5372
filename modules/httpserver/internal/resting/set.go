package resting

import (
	"net"
	"sync"
)

// Set holds sockets until they can be read, or the caller removes them. A socket in
// it belongs to the Set alone: it must be open, and must be neither read nor
// closed. T is what the caller knows of a socket. Methods may be called by several
// goroutines at once, Wait by one.
type Set[T any] struct {
	poll *poller

	mu     sync.Mutex // guards everything below
	slots  []slot[T]  // by descriptor
	added  uint32
	closed bool
}

// slot is a place in the Set. An event has the number of its add, since the
// descriptor may be another socket's when the event is handled.
type slot[T any] struct {
	is    *T // nil: nothing rests here
	added uint32
}

// Ready is a socket that can be read and is no longer in the Set.
type Ready[T any] struct {
	Is *T
	// Hangup is true if the client has shut down its end, or if the connection is
	// broken. There may be bytes before that.
	Hangup bool
}

// New returns an empty Set, which the caller must close. The error wraps
// errors.ErrUnsupported on systems without a poller.
func New[T any]() (*Set[T], error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &Set[T]{poll: p}, nil
}

// Add puts in the socket with descriptor fd. Wait reports it as is, at once if it
// can be read already. With an error it stays the caller's. lost is a socket that
// had this descriptor and was closed in here, nil if there is none: it is the
// caller's, too.
func (s *Set[T]) Add(fd int, is *T) (lost *T, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, net.ErrClosed
	}
	for fd >= len(s.slots) {
		s.slots = append(s.slots, slot[T]{})
	}
	s.added++
	before := s.slots[fd]
	if err := s.poll.add(fd, s.added, before.added != 0); err != nil {
		return nil, err
	}
	s.slots[fd] = slot[T]{is, s.added}
	return before.is, nil
}

// Remove removes the socket, and reports whether it was there: if so, it now
// belongs to the caller alone.
func (s *Set[T]) Remove(fd int, is *T) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fd < 0 || fd >= len(s.slots) || s.slots[fd].is != is {
		return false
	}
	s.slots[fd].is = nil
	return true
}

// Forget is called before the descriptor fd of a socket is closed that has been in
// the Set, comes out of it, and stays open as another descriptor: the kernel would
// go on holding an entry for it.
func (s *Set[T]) Forget(fd int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fd >= 0 && fd < len(s.slots) && s.slots[fd].added != 0 && s.slots[fd].is == nil && !s.closed {
		s.poll.forget(fd)
		s.slots[fd].added = 0
	}
}

// Wait removes sockets as soon as they can be read and calls ready with them, one
// call at a time, and blocks until Close. ready must not keep the slice.
func (s *Set[T]) Wait(ready func([]Ready[T])) {
	var all []Ready[T]
	s.poll.run(func(events []event) {
		all = s.take(all[:0], events)
		ready(all)
		clear(all)
	})
}

// take removes the sockets of events, and appends them to all.
func (s *Set[T]) take(all []Ready[T], events []event) []Ready[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		if at := s.slots[e.fd]; at.is != nil && at.added == e.added {
			s.slots[e.fd].is = nil
			all = append(all, Ready[T]{at.is, e.hangup})
		}
	}
	return all
}

// Close ends Wait. Sockets in the Set stay there until they are removed.
func (s *Set[T]) Close() {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if !closed {
		s.poll.close()
	}
}

// event is an event of the socket that was added with fd and number.
type event struct {
	fd     int
	added  uint32
	hangup bool
}
