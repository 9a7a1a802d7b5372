package conns

import "time"

// A connection that comes from another process, or back from there, is a new one to
// net/http, which allows ReadHeaderTimeout and ReadTimeout from the moment when it
// gets it. But the client is idle and owes nothing. So the idle timeout runs until
// the first byte, and only then the others, which are shifted to that moment.

// deadlineShift is about the first request of such a connection. Only the goroutine
// that serves it uses it.
type deadlineShift struct {
	from  time.Time     // when net/http set the deadline of the header
	limit time.Duration // which it wanted; 0: none
	wait  time.Duration // from then to the first byte
}

// quietDeadline replaces the deadline that net/http sets for the header of the
// first request.
func (t *Tracked) quietDeadline(d time.Time) time.Time {
	t.quiet.from = time.Now()
	if !d.IsZero() {
		t.quiet.limit = d.Sub(t.quiet.from)
	}
	if idle := t.set.IdleTimeout(); idle > 0 {
		return t.quiet.from.Add(idle)
	}
	return time.Time{}
}

// endQuiet is called at the first byte.
func (t *Tracked) endQuiet() {
	s, now := t.quiet, time.Now()
	t.quiet, t.late, t.rest.spoke = nil, s, false
	s.wait = now.Sub(s.from)
	t.deadline = time.Time{}
	if s.limit > 0 {
		t.deadline = now.Add(s.limit)
	}
	_ = t.raw.SetReadDeadline(t.deadline)
}

// shift moves a deadline that net/http has reckoned from too early on: that of the
// whole first request, which it sets when it has read the header.
func (s *deadlineShift) shift(d time.Time) time.Time {
	if !d.IsZero() {
		return d.Add(s.wait)
	}
	return d
}
