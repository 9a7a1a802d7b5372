package httpserver

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/listener"
)

var _ app.Mover = (*Server)(nil)

// Move implements app.Mover, for the module that carries out upgrades. It blocks as
// described there.
func (s *Server) Move(ctx context.Context, to app.Successor) error {
	s.mu.Lock()
	l := s.listener
	if l == nil || l.Secure || s.gone {
		s.mu.Unlock()
		return errors.New("connections through TLS cannot move")
	}
	l.Pause()
	s.serveQueue(l.Addr())
	s.mu.Unlock()

	s.conns.BeginMove(s.name, to)
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
	if s.listener != nil {
		s.listener.Resume()
	}
}

// serveQueue has net/http serve connections that come from elsewhere.
func (s *Server) serveQueue(addr net.Addr) {
	s.conns.Queue.Serve(addr, func(l net.Listener) error { return s.current().Serve(l) })
}

// handedOver returns the listener of what a predecessor hands over, nil if there is
// none.
func (s *Server) handedOver(l *listener.Listener) net.Listener {
	from, ok := s.sockets.(app.HandoverSource)
	if !ok || l.Secure {
		return nil
	}
	return from.HandedOver(s.name)
}

// adopt serves what a predecessor hands over, until that is all.
func (s *Server) adopt(from net.Listener) {
	s.serveQueue(from.Addr())
	s.adopting.Go(func() {
		for {
			nc, err := from.Accept()
			if err != nil {
				return
			}
			s.conns.Queue.Put(s.conns.Add(nc, conns.Options{Idle: true}))
		}
	})
}
