package conns

import (
	"net"
	"sync/atomic"
	"time"
)

// States returns the number of open connections by state (new, active, idle,
// hijacked, moving) and of requests that have begun. For HTTP/2 whose frames are
// not followed, a request is counted each time that streams begin.
func (s *Set) States() (state map[string]int, requests int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state = map[string]int{}
	kept := max(0, s.kept.released-s.kept.onTheWay)
	if n := s.hijacked.Open() + kept; n > 0 { // only counted: dropping closed ones wakes WaitForRoom
		state["hijacked"] = n
	}
	if s.kept.onTheWay > 0 {
		state["moving"] = s.kept.onTheWay
	}
	requests = s.gone
	for t := range s.live.all() {
		n := t.life.Requests.Load()
		requests += n
		switch p := t.phase.Load(); {
		case p == Busy && (!t.http2 || t.streams.Load()):
			state["active"]++
		case p == Moved || p == Handed:
			state["moving"]++
		case n == 0 && p != Resting:
			state["new"]++
		default:
			state["idle"]++
		}
	}
	return state, requests
}

// Lingered returns the number of connections that the drain has closed while they
// were idle.
func (s *Set) Lingered() int64 { return s.lingered.Load() }

// Stalled returns the number of connections that were cut because their client made
// no progress.
func (s *Set) Stalled() int64 { return s.stalled.Load() }

// InPhase returns the number of connections in phase p.
func (s *Set) InPhase(p Phase) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if t.phase.Load() == p {
			n++
		}
	}
	return n
}

// Unacked returns the number of closed connections whose clients have not
// acknowledged all of their response.
func (s *Set) Unacked() int { return s.unacked.Len() }

// WaitForRoom blocks until there are fewer connections than the limit, or retired
// is set and WakeAccept called.
func (s *Set) WaitForRoom(retired *atomic.Bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waitForRoomLocked(retired)
}

// AddToRoom is WaitForRoom and Add in one step, so that nothing else can take the
// room in between.
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

// SetLimit changes how many connections there may be. With a lower limit, the
// connections beyond it stay until they end.
func (s *Set) SetLimit(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Limit = n
	s.room.Broadcast()
}

// WakeAccept makes WaitForRoom check again.
func (s *Set) WakeAccept() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room.Broadcast()
}

// Stayed returns the number of TLS connections that did not move to a successor, by
// reason; see staycount.Counts.Now.
func (s *Set) Stayed() map[string]int64 { return s.stayed.Now() }
