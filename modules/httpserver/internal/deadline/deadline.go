// Package deadline shifts the deadlines of a request whose client was idle when
// net/http began to count. A connection that comes from another process, or back
// from there, is a new one to net/http, which allows ReadHeaderTimeout and
// ReadTimeout from the moment when it gets it. But the client is idle and owes
// nothing. So the idle timeout runs until the first byte, and only then the others,
// which are shifted to that moment.
package deadline

import "time"

// Shift is about the first request of such a connection. Only the goroutine that
// serves it uses it.
type Shift struct {
	from  time.Time     // when net/http set the deadline of the header
	limit time.Duration // which it wanted; 0: none
	wait  time.Duration // from then to the first byte
}

// Quiet replaces the deadline that net/http sets for the header of the request: it
// is that of the idle timeout, 0 is none.
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

// FirstByte is called when the first byte has come. It returns the deadline of the
// header.
func (s *Shift) FirstByte() time.Time {
	now := time.Now()
	s.wait = now.Sub(s.from)
	if s.limit > 0 {
		return now.Add(s.limit)
	}
	return time.Time{}
}

// Late moves a deadline that net/http has reckoned from too early on: that of the
// whole request, which it sets when it has read the header.
func (s *Shift) Late(d time.Time) time.Time {
	if d.IsZero() {
		return d
	}
	return d.Add(s.wait)
}
