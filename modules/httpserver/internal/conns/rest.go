package conns

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/resting"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// A connection of plain HTTP/1 that has waited for its next request for a while is
// taken out of net/http, like one that moves to a successor, and rests without
// goroutine, buffers and serving. With the first byte it goes back to net/http
// through the Queue. The application does not notice: the connection has the same
// context, and hooks are not called for either step.
//
// A resting connection belongs to the goroutine that removes it from the
// resting.Set: the one that waits there, the drain, a move, or the one that keeps
// idle timeouts.

// rest is the state of a Set for resting connections.
type rest struct {
	set     atomic.Pointer[resting.Set[Tracked]] // nil: nothing rests
	atOnce  atomic.Bool                          // connections rest without waiting first
	first   sync.Once                            // calls Resting
	next    atomic.Int64                         // when the next sweep is, on the clock of the Set
	opener  descriptor.Opener                    // of connections that rest as descriptors
	retries sync.Map                             // the keys are each *Tracked that cannot be opened now
	changed chan struct{}                        // the time after which connections rest has changed
}

// restState is the state of one connection for resting.
type restState struct {
	outer net.Conn     // the connection that net/http has; nil of a descriptor
	until atomic.Int64 // the end of the idle timeout, on the clock of the Set; 0: there is none
	fd    atomic.Int32 // of the socket, once it has rested

	// How many sweeps in a row have seen it wait, and after how many requests.
	sweeps   uint8
	requests int64

	due    atomic.Bool // it rests if it is woken and nothing has come
	hidden bool        // net/http releases it, or has, and hooks must not be called
	shown  bool        // hooks were called for it
	spoke  bool        // its first byte has come and waits in the socket
	never  bool        // the system cannot poll it
}

// ChangeRest makes Rest ask for its time again.
func (s *Set) ChangeRest() {
	select {
	case s.rest.changed <- struct{}{}:
	default: // it is about to anyway
	}
}

// canRest reports whether the connection may rest at all: it may if nothing is
// between net/http and its socket.
func (t *Tracked) canRest() bool {
	switch t.socket.(type) {
	case *net.TCPConn, *net.UnixConn, app.Unopened:
		return t.raw == t.socket && !t.belowTLS && t.set.rest.set.Load() != nil
	}
	return false
}

// rests reports whether the connection, which is between two requests, is to rest
// now. woken is true if a Read has just found nothing.
func (t *Tracked) rests(woken bool) bool {
	r := &t.rest
	wanted := woken && r.due.Swap(false) || t.set.rest.atOnce.Load() && !r.spoke
	r.hidden = wanted && !r.never && !t.set.draining.Load() && t.canRest() && !(woken && socket.HasInput(t.socket))
	return r.hidden
}

// beginRest lets the connection rest, when net/http has released it.
func (s *Set) beginRest(t *Tracked) {
	s.rest.first.Do(s.Resting)
	if t.serving != notServing { // else it has rested already, and went nowhere
		deadline := t.deadline
		t = s.unopen(t)
		s.noteRest(t, deadline)
		t.setServing(notServing)
	}
	s.putToRest(t)
}

// noteRest notes which socket rests, and until when.
func (s *Set) noteRest(t *Tracked, deadline time.Time) {
	r := &t.rest
	until := int64(0)
	if !deadline.IsZero() {
		until = s.Now() + int64(time.Until(deadline))
	}
	r.until.Store(until)
	if until != 0 && until < s.rest.next.Load() {
		defer s.ChangeRest()
	}
	if u, ok := t.raw.(app.Unopened); ok {
		r.fd.Store(int32(u.Descriptor()))
	} else {
		_ = t.raw.SetDeadline(time.Time{})
		r.fd.Store(int32(socket.Descriptor(t.socket)))
	}
}

// Adopt adds a connection that was idle in another process. If it can and rests is
// true, it rests until its client sends something; otherwise net/http gets it at
// once.
func (s *Set) Adopt(nc net.Conn, rests bool) {
	u, unopened := nc.(app.Unopened)
	if !unopened {
		c := s.Add(nc, Options{Idle: true})
		if t := Of(c); rests && t.canRest() {
			t.rest.hidden = true
			t.deadline = s.idleUntil()
			s.beginRest(t)
			return
		}
		s.Queue.Put(c)
		return
	}
	t := s.trackUnopened(u)
	s.add(t)
	s.noteRest(t, s.idleUntil())
	if rests && t.canRest() {
		s.beginRest(t)
		return
	}
	t.phase.Store(Resting)
	s.serveUnopened(t, u, firstRetry)
}

// idleUntil returns the deadline of a connection that is idle from now on.
func (s *Set) idleUntil() (end time.Time) {
	if idle := s.IdleTimeout(); idle > 0 {
		end = time.Now().Add(idle)
	}
	return end
}

// putToRest gives the connection to the resting.Set or, if that fails, to net/http.
func (s *Set) putToRest(t *Tracked) {
	t.phase.Store(Resting)
	if set := s.rest.set.Load(); set != nil && t.rest.fd.Load() >= 0 { // else it is closed
		lost, err := set.Add(int(t.rest.fd.Load()), t)
		if lost != nil {
			s.closeResting(lost)
		}
		if err == nil {
			return
		}
	}
	t.rest.never = true
	s.serve(t)
}

// closedAtRest reports whether the application has closed the connection, which it
// may know from its ConnState hook. No event says so.
func (t *Tracked) closedAtRest() bool {
	_, unopened := t.raw.(app.Unopened)
	return !unopened && socket.IsClosed(t.socket)
}

// takeFromRest removes t from the resting.Set. It reports whether t rested: if so,
// t now belongs to the caller.
func (s *Set) takeFromRest(t *Tracked) bool {
	set := s.rest.set.Load()
	return set != nil && set.Remove(int(t.rest.fd.Load()), t) || s.takeFromRetry(t)
}

// serve makes net/http serve a connection that no longer rests.
func (s *Set) serve(t *Tracked) {
	if u, ok := t.raw.(app.Unopened); ok {
		s.serveUnopened(t, u, firstRetry)
		return
	}
	t.setServing(newServing(t.raw, !t.rest.spoke))
	t.rest.hidden = false
	t.touch()
	t.phase.Store(Fresh)
	s.Queue.Put(t.rest.outer)
}

// closeResting closes a connection that the caller has taken.
func (s *Set) closeResting(t *Tracked) {
	if t.rest.outer != nil {
		_ = t.rest.outer.Close()
	} else {
		_ = t.raw.Close()
	}
	s.remove(t)
	t.sayClosed()
}

// sayClosed reports to the application's hook that a resting connection is closed:
// the hook does not know that net/http has released it.
func (t *Tracked) sayClosed() {
	if t.rest.shown && t.set.Closed != nil {
		go t.set.Closed(t.rest.outer) // it may block, as on net/http's goroutine
	}
}

// Hides reports whether the application's ConnState hook must not be called for a
// state, because it is only an effect of resting. It is called before Note.
func Hides(nc net.Conn, state http.ConnState) bool {
	t := Of(nc)
	if t == nil {
		return false
	}
	switch state {
	case http.StateNew:
		again := t.rest.shown
		t.rest.shown = true
		return again
	case http.StateClosed:
		return t.rest.hidden && t.phase.Load() == Moved
	}
	return false
}
