package httpserver

import (
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// resumable refuses what the request of a connection cannot be served from. It is
// called before the process is in charge.
func resumable(h *app.HandedConn) error {
	if h.Kind == "" {
		return nil
	}
	_, err := stream.Decode(h.State)
	return err
}

// resumeKept serves the request of a connection once more that has moved while its
// handler ran. barrier is that of those that have come together, nil before the
// first.
func (s *Server) resumeKept(h *app.HandedConn, barrier **stream.Barrier) {
	rec, err := stream.Decode(h.State)
	if err != nil { // it was not checked
		_ = h.Conn.Close()
		return
	}
	how := conns.Together{Late: h.Late}
	if !h.Late {
		if *barrier == nil {
			*barrier = stream.NewBarrier(h.Together)
		}
		how.Barrier = *barrier
	}
	s.conns.Resume(h.Conn, rec, h.Rest, how)
}
