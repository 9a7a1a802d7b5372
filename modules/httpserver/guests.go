package httpserver

import (
	"context"
	"math/rand/v2"
	"net"
	"runtime/debug"
	"time"
)

// guests are those a drain waits for beside the connections of net/http: connections that a handler has taken over,
// and whoever has called OnDrain. They are part of a connSet and guarded by its mutex.
type guests struct {
	conns   map[net.Conn]struct{} // hijacked
	sweepAt int                   // look for closed ones among conns when there are so many
	stays   map[*stay]struct{}
	told    bool // a drain has begun
}

// stay is one call of OnDrain that is not done.
type stay struct {
	set  *connSet
	tell func()
}

type connSetKey struct{}

// OnDrain is for a handler that holds on to its client for long: a WebSocket, any other connection it has taken over,
// a stream. When the server begins to drain, tell is called once, on a goroutine of its own, to bring that to an end;
// the drain waits until done is called, the contexts of requests are cancelled when it gets late, and connections that
// are still open at the end are cut. The usual form is
//
//	defer httpserver.OnDrain(r.Context(), func() { httpserver.GoingAway(ws) })()
//
// ctx is that of a request, or made from it. With one that is not from a Server of this package tell is never called.
// Where a channel suits better than a call, use app.Draining. done may be called more than once.
func OnDrain(ctx context.Context, tell func()) (done func()) {
	s, ok := ctx.Value(connSetKey{}).(*connSet)
	if !ok {
		return func() {}
	}
	t := &stay{s, tell}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guests.stays[t] = struct{}{}
	if s.guests.told {
		go t.call()
	}
	return t.done
}

func (t *stay) done() {
	t.set.mu.Lock()
	defer t.set.mu.Unlock()
	delete(t.set.guests.stays, t)
	t.set.settleLocked()
}

// tellGuests calls everyone who wants to be told of the drain, spread at random over a time, so that their clients do
// not come back all at once. It returns how many there are.
func (s *connSet) tellGuests(spread time.Duration) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guests.told = true
	for t := range s.guests.stays {
		wait := time.Duration(0)
		if spread > 0 {
			wait = rand.N(spread)
		}
		time.AfterFunc(wait, t.tellUnlessDone)
	}
	return len(s.guests.stays)
}

func (t *stay) tellUnlessDone() {
	t.set.mu.Lock()
	_, here := t.set.guests.stays[t]
	t.set.mu.Unlock()
	if here {
		t.call()
	}
}

// call keeps a panic of the application's function from ending the process.
func (t *stay) call() {
	defer func() {
		if v := recover(); v != nil {
			t.set.tellPanicked(v, debug.Stack())
		}
	}()
	t.tell()
}

// hijacked keeps sight of a connection that net/http has let go. Nobody tells when it is closed.
func (s *connSet) hijacked(l *life) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaveLocked(l)
	s.guests.conns[l.raw] = struct{}{}
	s.room.Broadcast() // from now on there is nobody to say when it closes
	if len(s.guests.conns) >= s.guests.sweepAt {
		s.forgetClosedLocked()
		s.guests.sweepAt = max(2*len(s.guests.conns), 64)
	}
}

// forgetClosedLocked returns how many there were.
func (s *connSet) forgetClosedLocked() (n int) {
	for nc := range s.guests.conns {
		if isClosed(nc) {
			delete(s.guests.conns, nc)
			n++
		}
	}
	return n
}

// cutGuests closes what handlers have taken over and not closed.
func (s *connSet) cutGuests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for nc := range s.guests.conns {
		_ = nc.Close()
	}
	s.forgetClosedLocked()
	s.settleLocked()
}
