package httpserver

import (
	"time"

	"github.com/gracefulfx/graceful/app"
)

// census remembers, between two looks at a server, since when a connection is busy with the same request. So the age
// of requests costs nothing on their way; it is as exact as looks are frequent.
type census struct {
	gone int64 // requests of connections that are closed
	busy map[*life]sighting
}

type sighting struct {
	request int64
	first   time.Time
}

// figures counts connections by state, and requests as net/http tells of them: for HTTP/2 that is one for a
// connection, however many streams it has.
func (s *Server) figures() []app.Figure {
	state, requests, oldest := s.conns.count(time.Now())
	server := []string{"server", s.name}
	all := []app.Figure{
		{Name: "http_requests_total", Help: "Requests begun.", Labels: server, Value: float64(requests), Total: true},
		{Name: "http_requests_in_flight", Help: "Requests that have no response yet.", Labels: server, Value: float64(state["active"])},
		{Name: "http_oldest_request_seconds", Help: "For how long the oldest request has been seen in flight.", Labels: server, Value: oldest.Seconds()},
		{Name: "http_panics_total", Help: "Panics in handlers.", Labels: server, Value: float64(s.panics.Load()), Total: true},
	}
	aborted := func(reason string, n int64) {
		all = append(all, app.Figure{Name: "http_requests_aborted_total", Help: "Connections that were cut, by reason.",
			Labels: []string{"server", s.name, "reason", reason}, Value: float64(n), Total: true})
	}
	aborted("drain_deadline", s.conns.overdue.Load())
	aborted("stalled", s.conns.stalled.Load())
	if s.cert != nil {
		if leaf := s.cert.current.Load().Leaf; leaf != nil {
			all = append(all, app.Figure{Name: "http_certificate_end_seconds", Help: "End of the certificate, in seconds since 1970.", Labels: server, Value: float64(leaf.NotAfter.Unix())})
		}
	}
	for _, name := range []string{"new", "active", "idle", "hijacked", "moving"} {
		all = append(all, app.Figure{Name: "http_connections", Help: "Open connections by state.",
			Labels: []string{"server", s.name, "state", name}, Value: float64(state[name])})
	}
	return all
}

// leaveLocked takes l off the live connections; its requests stay counted.
func (s *connSet) leaveLocked(l *life) {
	if _, ok := s.live[l]; ok {
		s.census.gone += l.requests.Load()
	}
	delete(s.live, l)
}

func (s *connSet) count(now time.Time) (state map[string]int, requests int64, oldest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make(map[*life]sighting, len(s.census.busy))
	state = map[string]int{"hijacked": len(s.guests.conns)}
	requests = s.census.gone
	for l := range s.live {
		n := l.requests.Load()
		requests += n
		switch p := l.phase.Load(); {
		case p == busy && (!l.http2 || l.streams.Load()):
			state["active"]++
			was, ok := s.census.busy[l]
			if !ok || was.request != n {
				was = sighting{n, now}
			}
			seen[l] = was
			oldest = max(oldest, now.Sub(was.first))
		case p == moved:
			state["moving"]++
		case n == 0:
			state["new"]++
		default:
			state["idle"]++
		}
	}
	s.census.busy = seen
	return state, requests, oldest
}
