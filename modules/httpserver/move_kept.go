package httpserver

import (
	"log/slog"
	"maps"
	"net"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

var _ app.KeptMover = (*Server)(nil)

// Kept implements app.KeptMover.
func (s *Server) Kept() app.Kept {
	to, _, _ := s.conns.KeptCounts()
	return to
}

// LongestPause implements app.KeptMover.
func (s *Server) LongestPause() time.Duration {
	_, _, pause := s.conns.KeptCounts()
	return pause
}

// keptMetrics returns the metrics of connections that move while their handlers
// run.
func (s *Server) keptMetrics() (all []app.Metric) {
	to, came, pause := s.conns.KeptCounts()
	server := []string{"server", s.name}
	if to.Moved > 0 {
		all = append(all, app.Metric{Name: "http_kept_moved_total", Labels: server, Value: float64(to.Moved), Total: true,
			Help: "Connections that have moved to the successor while their handler ran."})
	}
	for _, reason := range slices.Sorted(maps.Keys(to.Stayed)) {
		all = append(all, app.Metric{Name: "http_kept_stayed_total", Labels: append(server[:2:2], "reason", reason), Value: float64(to.Stayed[reason]), Total: true,
			Help: "Connections that were to move while their handler ran and could not, by reason."})
	}
	if came > 0 {
		all = append(all,
			app.Metric{Name: "http_kept_resumed_total", Labels: server, Value: float64(came), Total: true,
				Help: "Connections that have come from the predecessor while their handler ran."},
			app.Metric{Name: "http_kept_longest_pause_seconds", Labels: server, Value: pause.Seconds(),
				Help: "The longest time for which one of them was not served."})
	}
	return all
}

// resumable returns an error for a state from which the request of a connection
// cannot be served. It is called before the process is in charge.
func resumable(h *app.HandedConn) error {
	if h.Kind == "" {
		return nil
	}
	_, err := stream.Decode(h.State)
	return err
}

// keptKind is the kind of connections that move while their handlers run.
func (s *Server) keptKind() string {
	if s.secure != nil {
		return conns.TLSKeptKind
	}
	return conns.KeptKind
}

// resumeKept serves the request of a connection that has moved while its handler
// ran once more. barrier is the barrier of the connections that have come together,
// nil before the first.
func (s *Server) resumeKept(h *app.HandedConn, barrier **stream.Barrier) {
	how := conns.Together{Late: h.Late}
	if !h.Late {
		if *barrier == nil {
			*barrier = stream.NewBarrier(h.Together)
		}
		how.Barrier = *barrier
	}
	nc, rec, err := s.openKept(h)
	if err != nil {
		s.note(slog.LevelWarn, "a connection that moved while its handler ran cannot be continued", err)
		_ = h.Conn.Close()
		if how.Barrier != nil {
			how.Barrier.Arrive()
		}
		return
	}
	s.conns.Resume(nc, rec, h.Unread, how)
}

// openKept returns the connection and its record, and zeroes the keys that came
// with it.
func (s *Server) openKept(h *app.HandedConn) (net.Conn, *stream.Record, error) {
	if h.Kind == conns.KeptKind {
		rec, err := stream.Decode(h.State)
		return h.Conn, rec, err
	}
	record, session, err := conns.SplitKept(h.State)
	if err != nil {
		return nil, nil, err
	}
	defer clear(session)
	rec, err := stream.Decode(record)
	if err != nil {
		return nil, nil, err
	}
	nc, err := s.secure.resumeSession(h.Conn, session)
	return nc, rec, err
}
