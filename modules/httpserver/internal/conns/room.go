package conns

import (
	"sync/atomic"
	"time"
)

// WaitForRoom blocks until there are fewer connections than the limit, or retired
// is set and WakeAccept called.
func (s *Set) WaitForRoom(retired *atomic.Bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.Limit > 0 && !retired.Load() && s.open() >= s.Limit {
		if s.forgetClosedLocked() > 0 {
			continue
		}
		if len(s.hijacked.conns) > 0 { // nothing tells when one of these is closed
			time.AfterFunc(100*time.Millisecond, s.WakeAccept)
		}
		s.room.Wait()
	}
}

// SetLimit changes how many connections there may be. Those beyond a lower limit
// stay until they end.
func (s *Set) SetLimit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Limit = n
	s.room.Broadcast()
}

// WakeAccept makes WaitForRoom look again.
func (s *Set) WakeAccept() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room.Broadcast()
}
