package httpserver

import "time"

// A connection that comes from another process, or back from there, is a new one to net/http: it allows
// ReadHeaderTimeout and ReadTimeout from the moment on when it gets it. But the client is idle and owes nothing. So the
// idle timeout runs until the first byte, and only then the others, which are shifted to that moment.

// headTime is about the first request of such a connection. Only the goroutine that serves it uses it.
type headTime struct {
	from  time.Time     // when net/http asked for the deadline of the header
	limit time.Duration // which it wanted; 0: none
	wait  time.Duration // from then to the first byte
}

// quietDeadline replaces the deadline that net/http sets for the header of the first request.
func (l *life) quietDeadline(t time.Time) time.Time {
	l.quiet.from = time.Now()
	if !t.IsZero() {
		l.quiet.limit = t.Sub(l.quiet.from)
	}
	if d := l.conns.idleTimeout(); d > 0 {
		return l.quiet.from.Add(d)
	}
	return time.Time{}
}

// endQuiet is called at the first byte.
func (l *life) endQuiet() {
	h, now := l.quiet, time.Now()
	l.quiet, l.late = nil, h
	h.wait = now.Sub(h.from)
	l.deadline = time.Time{}
	if h.limit > 0 {
		l.deadline = now.Add(h.limit)
	}
	_ = l.raw.SetReadDeadline(l.deadline)
}

// shift moves a deadline that net/http has reckoned from too early on: that of the whole first request, which it sets
// when it has read the header.
func (h *headTime) shift(t time.Time) time.Time {
	if !t.IsZero() {
		return t.Add(h.wait)
	}
	return t
}
