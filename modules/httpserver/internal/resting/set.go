package resting

import (
	"net"
	"sync"
)

// Set holds sockets until they can be read, or the caller takes them out. A
// socket in it belongs to the Set alone: it must be open, and is neither read nor
// closed meanwhile. T is what the caller knows of a socket. Methods may be called
// by several goroutines at once, Wait by one.
type Set[T any] struct {
	poll *poller

	mu     sync.Mutex // guards everything below
	slots  []slot[T]  // by descriptor
	added  uint32
	closed bool
}

// slot is a place in the Set. An event names the add it is about, since by the time
// it is looked at, the descriptor may be another socket's.
type slot[T any] struct {
	is    *T // nil: nothing rests here
	added uint32
}

// Ready is a socket that is not in the Set any more.
type Ready[T any] struct {
	Is *T
	// Hangup says that the client has shut down its end, or that the connection is
	// broken. There may be bytes before that.
	Hangup bool
}

// New returns an empty Set; the caller closes it. The error wraps
// errors.ErrUnsupported where the system has nothing to wait with.
func New[T any]() (*Set[T], error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &Set[T]{poll: p}, nil
}

// Add puts in the socket with descriptor fd. Wait reports it as is, at once if it
// can be read already. With an error it stays the caller's.
func (s *Set[T]) Add(fd int, is *T) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	for fd >= len(s.slots) {
		s.slots = append(s.slots, slot[T]{})
	}
	s.added++
	if err := s.poll.add(fd, s.added); err != nil {
		return err
	}
	s.slots[fd] = slot[T]{is, s.added}
	return nil
}

// Remove takes the socket out and reports whether it was there: then it is the
// caller's alone.
func (s *Set[T]) Remove(fd int, is *T) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fd < 0 || fd >= len(s.slots) || s.slots[fd].is != is {
		return false
	}
	s.removeLocked(fd)
	return true
}

func (s *Set[T]) removeLocked(fd int) {
	s.slots[fd].is = nil
	if !s.closed {
		s.poll.remove(fd)
	}
}

// Wait takes sockets out as soon as they can be read and calls ready with them, one
// call at a time, until Close. The slice is not ready's to keep.
func (s *Set[T]) Wait(ready func([]Ready[T])) {
	var all []Ready[T]
	for {
		events, err := s.poll.wait()
		if err != nil {
			return
		}
		all = s.take(all[:0], events)
		ready(all)
		clear(all)
	}
}

// take takes out what events are about, and appends it to all.
func (s *Set[T]) take(all []Ready[T], events []event) []Ready[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range events {
		if at := s.slots[e.fd]; at.is != nil && at.added == e.added {
			s.removeLocked(e.fd)
			all = append(all, Ready[T]{at.is, e.hangup})
		}
	}
	return all
}

// Close ends Wait. What is in the Set stays there until it is removed.
func (s *Set[T]) Close() {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if !closed {
		s.poll.close()
	}
}

// event is about the socket that was added to fd as the one of that number.
type event struct {
	fd     int
	added  uint32
	hangup bool
}
