package httpserver

import (
	"time"

	"github.com/gracefulfx/graceful/app"
)

// figures counts connections by state, and requests as net/http tells of them: for HTTP/2 that is one for a
// connection, however many streams it has.
func (s *Server) figures() []app.Metric {
	state, requests := s.conns.count()
	server := []string{"server", s.name}
	var oldest time.Duration
	if list := s.oldest(1); len(list) > 0 {
		oldest = list[0].age
	}
	all := []app.Metric{
		{Name: "http_requests_total", Help: "Requests begun.", Labels: server, Value: float64(requests), Total: true},
		{Name: "http_requests_in_flight", Help: "Requests whose handler runs.", Labels: server, Value: float64(len(s.conns.flights.running()))},
		{Name: "http_oldest_request_seconds", Help: "For how long the oldest request has been in flight.", Labels: server, Value: oldest.Seconds()},
		{Name: "http_panics_total", Help: "Panics in handlers.", Labels: server, Value: float64(s.panics.Load()), Total: true},
	}
	aborted := func(reason string, n int64) {
		all = append(all, app.Metric{Name: "http_requests_aborted_total", Help: "Connections that were cut, by reason.",
			Labels: []string{"server", s.name, "reason", reason}, Value: float64(n), Total: true})
	}
	aborted("drain_deadline", s.conns.overdue.Load())
	aborted("stalled", s.conns.stalled.Load())
	if s.cert != nil {
		if leaf := s.cert.current.Load().Leaf; leaf != nil {
			all = append(all, app.Metric{Name: "http_certificate_end_seconds", Help: "End of the certificate, in seconds since 1970.", Labels: server, Value: float64(leaf.NotAfter.Unix())})
		}
	}
	for _, name := range []string{"new", "active", "idle", "hijacked", "moving"} {
		all = append(all, app.Metric{Name: "http_connections", Help: "Open connections by state.",
			Labels: []string{"server", s.name, "state", name}, Value: float64(state[name])})
	}
	return all
}

// oldest returns the most old requests in flight, the oldest first. Connections that have been taken over are none.
func (s *Server) oldest(most int) []ongoing {
	return s.conns.flights.oldest(most, s.content, s.conns.now())
}

// inFlight is oldest in the words that all servers share.
func (s *Server) inFlight(most int) (list []app.InFlight) {
	for _, r := range s.oldest(most) {
		list = append(list, app.InFlight{Server: s.name, Method: r.method, Route: r.route, Path: r.path, For: r.age})
	}
	return list
}

// leaveLocked takes l off the live connections; its requests stay counted.
func (s *connSet) leaveLocked(l *life) {
	if s.live.remove(l) {
		s.gone += l.requests.Load()
	}
}

func (s *connSet) count() (state map[string]int, requests int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state = map[string]int{}
	for nc := range s.guests.conns { // only counted: whoever forgets one must see to those who wait for it
		if !isClosed(nc) {
			state["hijacked"]++
		}
	}
	requests = s.gone
	for l := range s.live.all() {
		n := l.requests.Load()
		requests += n
		switch p := l.phase.Load(); {
		case p == busy && (!l.http2 || l.streams.Load()):
			state["active"]++
		case p == moved || p == handed:
			state["moving"]++
		case n == 0:
			state["new"]++
		default:
			state["idle"]++
		}
	}
	return state, requests
}
