package conns

// States counts the open connections by state (new, active, idle, hijacked,
// moving), and the requests that have begun: of HTTP/2 whose frames are not
// followed, one each time that streams begin.
func (s *Set) States() (state map[string]int, requests int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state = map[string]int{}
	if n := s.hijacked.Open(); n > 0 { // counted only: WaitForRoom must hear of one that is forgotten
		state["hijacked"] = n
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

// Lingered counts the connections that the drain has closed while they were idle.
func (s *Set) Lingered() int64 { return s.lingered.Load() }

// Stalled counts the connections that were cut because their client made no
// progress.
func (s *Set) Stalled() int64 { return s.stalled.Load() }

// InPhase counts the connections that are in phase p.
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

// Unacked counts the connections that are closed, and whose clients have not
// acknowledged all of their response.
func (s *Set) Unacked() int { return s.unacked.Len() }
