package httpserver

import (
	"time"

	"github.com/gracefulfx/graceful/app"
)

// metrics returns the number of connections by state, and of requests: in HTTP/2,
// one for each stream. It may be called while the server is bound, when there is
// nothing to count yet.
func (s *Server) metrics() []app.Metric {
	if !s.bound.Load() {
		return nil
	}
	state, requests := s.conns.States()
	server := []string{"server", s.name}
	var oldest time.Duration
	if list := s.oldest(1); len(list) > 0 {
		oldest = list[0].age
	}
	all := []app.Metric{
		{Name: "http_requests_total", Help: "Requests begun.", Labels: server, Value: float64(requests), Total: true},
		{Name: "http_requests_in_flight", Help: "Requests whose handler runs.", Labels: server, Value: float64(len(s.inFlight.inFlight()))},
		{Name: "http_oldest_request_seconds", Help: "For how long the oldest request has been in flight.", Labels: server, Value: oldest.Seconds()},
		{Name: "http_panics_total", Help: "Panics in handlers.", Labels: server, Value: float64(s.panics.Load()), Total: true},
	}
	aborted := func(reason string, n int64) {
		all = append(all, app.Metric{Name: "http_requests_aborted_total", Help: "Connections, and streams of HTTP/2, that were cut, by reason.",
			Labels: []string{"server", s.name, "reason", reason}, Value: float64(n), Total: true})
	}
	aborted("drain_deadline", s.overdue.Load())
	aborted("stalled", s.conns.Stalled())
	for reason, n := range s.conns.Stayed() {
		all = append(all, app.Metric{Name: "http_tls_connections_not_moved_total", Help: "TLS connections that no successor could take, by reason.",
			Labels: []string{"server", s.name, "reason", reason}, Value: float64(n), Total: true})
	}
	all = append(all, s.keptMetrics()...)
	if s.cert != nil {
		if leaf := s.cert.Current().Leaf; leaf != nil {
			all = append(all, app.Metric{Name: "http_certificate_end_seconds", Help: "End of the certificate, in seconds since 1970.", Labels: server, Value: float64(leaf.NotAfter.Unix())})
		}
	}
	for _, name := range []string{"new", "active", "idle", "hijacked", "moving"} {
		all = append(all, app.Metric{Name: "http_connections", Help: "Open connections by state.",
			Labels: []string{"server", s.name, "state", name}, Value: float64(state[name])})
	}
	return all
}

// oldest returns the oldest requests in flight, at most the given number, the
// oldest first. Connections that were taken over do not count.
func (s *Server) oldest(most int) []running {
	if !s.bound.Load() {
		return nil
	}
	return s.inFlight.oldest(most, s.content, s.conns.Now())
}

// reportInFlight is oldest in the form that all servers share.
func (s *Server) reportInFlight(most int) (list []app.InFlight) {
	for _, r := range s.oldest(most) {
		list = append(list, app.InFlight{Server: s.name, Method: r.method, Route: r.route, Path: r.path, For: r.age})
	}
	return list
}
