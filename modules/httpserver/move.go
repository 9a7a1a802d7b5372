package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2move"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/http2"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

var _ app.Mover = (*Server)(nil)

// Move implements app.Mover, for the module that carries out upgrades. It blocks as
// described there.
func (s *Server) Move(ctx context.Context, to app.Successor) error {
	s.mu.Lock()
	if len(s.listeners) == 0 || s.gone || !s.takenBy(to) {
		s.mu.Unlock()
		return errors.New("the successor does not take TLS connections")
	}
	s.listeners.Pause()
	s.serveQueue(s.listeners[0].Addr())
	s.mu.Unlock()

	s.conns.BeginMove(s.name, to, s.keptKind())
	s.conns.WakeToMove()
	s.conns.MoveKept(ctx) // even when the time is over: handlers must know
	return s.awaitIdle(ctx)
}

// awaitIdle blocks until the connections that wait for a request have left.
func (s *Server) awaitIdle(ctx context.Context) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for s.conns.WakeToMove() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// Resume implements app.Mover.
func (s *Server) Resume() {
	s.conns.EndMove()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners.Resume()
}

// serveQueue makes net/http serve connections that come from elsewhere.
func (s *Server) serveQueue(addr net.Addr) {
	s.conns.Queue.Serve(addr, func(l net.Listener) error { return s.current().Serve(l) })
}

// canMove reports whether connections of the server may move at all.
func (s *Server) canMove() bool {
	if s.secure != nil {
		return s.secure.moves
	}
	return !http2.HasCertificate(s.http.TLSConfig)
}

// takenBy reports whether to takes connections of this server. A successor whose
// server speaks another protocol refuses each connection itself.
func (s *Server) takenBy(to app.Successor) bool {
	if s.secure == nil {
		return true
	}
	with, ok := to.(app.StateSuccessor)
	return ok && with.Takes(s.name, conns.TLSKind)
}

// handedOver returns the listener for connections that a predecessor hands over, or
// nil if there is none. A server with TLS takes only TLS connections, and one
// without takes none of them.
func (s *Server) handedOver() net.Listener {
	if !s.canMove() {
		return nil
	}
	with, ok := s.sockets.(app.StateSource)
	switch {
	case s.secure != nil && ok:
		return with.HandedOverWith(s.name, app.HandoverOptions{Kinds: s.secure.kinds(), Check: s.acceptable})
	case s.secure != nil:
		return nil
	case ok:
		return with.HandedOverWith(s.name, app.HandoverOptions{Kinds: []string{"", conns.KeptKind}, Check: resumable, Unopened: true})
	}
	if from, ok := s.sockets.(app.HandoverSource); ok {
		return from.HandedOver(s.name)
	}
	return nil
}

// adopt serves what a predecessor hands over, until no more comes.
func (s *Server) adopt(from net.Listener) {
	s.serveQueue(from.Addr())
	s.adopting.Go(func() {
		var barrier *stream.Barrier
		for {
			nc, err := from.Accept()
			if err != nil {
				return
			}
			h, ok := nc.(*app.HandedConn)
			switch {
			case ok && (h.Kind == conns.KeptKind || h.Kind == conns.TLSKeptKind):
				s.resumeKept(h, &barrier)
				continue
			case ok && h.Kind == conns.HTTP2Kind:
				s.continueHTTP2(h)
				continue
			case ok:
				if nc, err = s.secure.resume(h); err != nil {
					s.note(slog.LevelWarn, "a TLS connection cannot be continued", err)
					_ = h.Close()
					continue
				}
			}
			s.conns.Adopt(nc, s.config().RestAfter > 0)
		}
	})
}

// acceptable returns an error for a connection that this process would not accept
// as a new one. It is called before the process is in charge.
func (s *Server) acceptable(h *app.HandedConn) error {
	if h.Kind == conns.HTTP2Kind {
		return s.acceptableHTTP2(h)
	}
	encoded := h.State
	if h.Kind == conns.TLSKeptKind {
		record, session, err := conns.SplitKept(h.State)
		if err == nil {
			_, err = stream.Decode(record)
		}
		if err != nil {
			return err
		}
		encoded = session
	}
	state, err := tlsmove.Decode(encoded)
	if err != nil {
		return err
	}
	defer state.Wipe()
	if state.ALPN != "" && state.ALPN != "http/1.1" {
		return fmt.Errorf("a connection that speaks %q", state.ALPN)
	}
	_, err = state.Acceptable(s.secure.config.Load())
	return err
}

// acceptableHTTP2 is acceptable for an HTTP/2 connection.
func (s *Server) acceptableHTTP2(h *app.HandedConn) error {
	below, above, err := conns.DecodeHTTP2(h.State)
	if err != nil {
		return err
	}
	defer below.Wipe()
	if below.ALPN != "h2" {
		return fmt.Errorf("an HTTP/2 connection that speaks %q", below.ALPN)
	}
	if err := s.h2.Acceptable(above); err != nil {
		return err
	}
	_, err = below.Acceptable(s.secure.config.Load())
	return err
}

// continueHTTP2 serves an HTTP/2 connection that a predecessor has handed over.
func (s *Server) continueHTTP2(h *app.HandedConn) {
	defer h.Clear()
	below, above, err := conns.DecodeHTTP2(h.State)
	if err != nil {
		_ = h.Close()
		return
	}
	defer below.Wipe()
	nc := s.conns.Add(h.Conn, conns.Options{BelowTLS: true})
	session, err := tlsmove.Continue(nc, below, s.secure.config.Load())
	if err != nil {
		s.note(slog.LevelWarn, "a TLS connection cannot be continued", err)
		s.conns.Note(nc, http.StateClosed)
		_ = h.Close()
		return
	}
	s.resumeHTTP2(session, nc, above)
}

// resumeHTTP2 serves an HTTP/2 connection that has begun elsewhere, or was on its
// way to a successor.
func (s *Server) resumeHTTP2(session tlsmove.Session, below net.Conn, from *h2move.State) {
	go s.h2.Serve(session, below, s.Addr(), from)
}
