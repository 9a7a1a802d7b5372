package conns

import (
	"crypto/tls"
	"net"
	"net/http"
)

// Note is the ConnState hook of net/http. The goroutine that serves the connection
// calls it.
func (s *Set) Note(nc net.Conn, state http.ConnState) {
	t := Of(nc)
	if t == nil || t.released {
		return
	}
	if s.http2.negotiated && state == http.StateActive && !t.http2 && negotiatedHTTP2(nc) {
		s.BecomeHTTP2(t, nil, false)
	}
	if t.http2 {
		s.noteHTTP2(t, state)
		return
	}
	switch state {
	case http.StateActive:
		t.life.Requests.Add(1)
		if t.opening {
			t.opened()
		}
		if t.phase.Load() != Busy {
			t.phase.Store(Busy)
		}
		t.headDue.Store(!t.belowTLS)
		t.late = nil
	case http.StateIdle:
		t.begins = noHTTP2
		t.leaveAfterGoodbye()
		t.touch()
		t.head = nil
		t.phase.Store(Ending)
	case http.StateHijacked:
		t.headDue.Store(false)
		t.phase.Store(Busy)
		if t.begins != noHTTP2 {
			return // Hijack decides
		}
		t.released = true
		s.addHijacked(t)
	case http.StateClosed:
		if t.phase.Load() == Moved {
			s.handOff(t)
		} else {
			s.neverServed(t)
			s.remove(t)
		}
	}
}

// noteHTTP2 is Note for a connection that speaks HTTP/2.
func (s *Set) noteHTTP2(t *Tracked, state http.ConnState) {
	switch state {
	case http.StateActive: // once for the preface, then whenever streams begin
		t.streams.Store(true)
		first := !t.greeted
		t.greeted = true
		if t.followed == nil && !first {
			t.life.Requests.Add(1)
		}
		switch {
		case first || !s.leaving.Load():
		case t.goodbye != nil:
			t.goodbyeOrMove()
		default:
			s.AskHTTP2()
		}
	case http.StateIdle:
		t.streams.Store(false)
		t.touch()
		if t.goodbye != nil {
			t.goodbye.EndIfDone()
		}
	case http.StateClosed:
		if t.phase.Load() == Moved {
			s.handOffHTTP2(t)
			return
		}
		s.remove(t)
	}
}

// negotiatedHTTP2 reports whether nc is a TLS connection that net/http serves as
// HTTP/2.
func negotiatedHTTP2(nc net.Conn) bool {
	c, ok := nc.(*tls.Conn)
	return ok && c.ConnectionState().NegotiatedProtocol == "h2"
}

// addHijacked tracks a connection that a handler has taken over.
func (s *Set) addHijacked(t *Tracked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeLocked(t)
	if k := t.kept; k != nil && (k.socket || t.leaves) {
		k.released = true
		s.kept.released++
		return
	}
	closed := &t.closed
	if !t.other {
		closed = nil
	}
	s.hijacked.Add(t.raw, t.socket, closed)
	s.room.Broadcast() // from now on nothing reports when it closes
}
