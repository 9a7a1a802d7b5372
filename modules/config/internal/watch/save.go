package watch

import (
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// maxWait is how long after its begin a save counts as finished at the latest.
const maxWait = time.Second

// save is the state of a save that may be under way.
type save struct {
	pending bool      // something has happened since the last check
	since   time.Time // when it began
	last    time.Time // when something happened last
	by      Manner    // the slowest of the changes
}

// A Manner says how a file changed, and so how soon it may be complete.
type Manner int

const (
	Renamed Manner = iota // it was renamed from one beside it
	Created               // it appeared, disappeared, or came from elsewhere
	Written               // it was written in place
)

// newSave returns a save that may be under way since now.
func newSave(by Manner) save {
	now := time.Now()
	return save{pending: true, since: now, last: now, by: by}
}

func (s *save) event(now time.Time, by Manner) {
	if !s.pending {
		*s = save{pending: true, since: now}
	}
	s.last, s.by = now, max(s.by, by)
}

// complete returns when the save counts as finished: after a quiet period, at most
// maxWait after it began. Two changes may be reported within maxWait of each other;
// a third waits until maxWait after the first of them, which was at before.
func (s *save) complete(before time.Time) time.Time {
	wait := disk.Quiet
	switch s.by {
	case Renamed:
		wait = disk.Brief
	case Written:
		wait = max(disk.Still, 2*s.last.Sub(s.since)) // a slow writer may pause for long
	}
	begin := latest(s.since, before.Add(maxWait))
	over := s.last.Add(wait)
	if limit := begin.Add(maxWait); over.After(limit) {
		over = limit
	}
	return latest(over, before.Add(maxWait))
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
