package conns

import (
	"net"
	"sync/atomic"
	"time"
)

// WaitForRoom blocks until there are fewer connections than the limit, or retired
// is set and WakeAccept called.
func (s *Set) WaitForRoom(retired *atomic.Bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waitForRoomLocked(retired)
}

// AddToRoom is WaitForRoom, and Add before anything else can take the room.
func (s *Set) AddToRoom(nc net.Conn, o Options, retired *atomic.Bool) net.Conn {
	c := s.track(nc, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waitForRoomLocked(retired)
	s.addLocked(c.state())
	return c
}

func (s *Set) waitForRoomLocked(retired *atomic.Bool) {
	for s.Limit > 0 && !retired.Load() && s.open() >= s.Limit {
		if s.hijacked.Forget() > 0 {
			continue
		}
		if s.hijacked.Len() > 0 { // nothing reports when one of these is closed
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
