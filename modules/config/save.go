package config

import "time"

// save is what is known of a save that may be under way.
type save struct {
	pending bool      // since the last look something has happened
	since   time.Time // when it began
	last    time.Time // when something happened last
	written bool      // into a file that has its name already
}

// aSave is one that may be under way since now.
func aSave(writing bool) save {
	now := time.Now()
	return save{pending: true, since: now, last: now, written: writing}
}

func (s *save) event(now time.Time, writing bool) {
	if !s.pending {
		*s = save{pending: true, since: now}
	}
	s.last, s.written = now, s.written || writing
}

// over is when to take it for complete. Nothing is told before a maxWait after
// told, which is when the change before the last one was.
func (s *save) over(told time.Time) time.Time {
	wait := quiet
	if s.written {
		wait = max(still, 2*s.last.Sub(s.since)) // who takes long to write may pause for long
	}
	begin := latest(s.since, told.Add(maxWait))
	over := s.last.Add(wait)
	if limit := begin.Add(maxWait); over.After(limit) {
		over = limit
	}
	return latest(over, told.Add(maxWait))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
