// Package deadline shifts the deadlines of a request whose client was idle when
// net/http began to count. A connection that comes from another process, or back
// from one, is new to net/http, whose ReadHeaderTimeout and ReadTimeout begin when
// it gets the connection. But the client is idle and owes nothing. So the idle
// timeout runs until the first byte, and the others only from then on.
package deadline

import "time"

// Shift is for the first request of such a connection. Only the goroutine that
// serves the connection may use it.
type Shift struct {
	from  time.Time     // when net/http set the deadline of the header
	limit time.Duration // of the header; 0: none
	wait  time.Duration // from then to the first byte
}

// Quiet returns the deadline of the idle timeout, which replaces the one that
// net/http sets for the header of the request. An idle timeout of 0 means none.
func (s *Shift) Quiet(d time.Time, idle time.Duration) time.Time {
	s.from = time.Now()
	if !d.IsZero() {
		s.limit = d.Sub(s.from)
	}
	if idle > 0 {
		return s.from.Add(idle)
	}
	return time.Time{}
}

// FirstByte returns the deadline of the header. It is called when the first byte
// has come.
func (s *Shift) FirstByte() time.Time {
	now := time.Now()
	s.wait = now.Sub(s.from)
	if s.limit > 0 {
		return now.Add(s.limit)
	}
	return time.Time{}
}

// Late returns a deadline that net/http has counted from too early a moment, moved
// by the wait: that of the whole request, which it sets when it has read the
// header.
func (s *Shift) Late(d time.Time) time.Time {
	if d.IsZero() {
		return d
	}
	return d.Add(s.wait)
}
