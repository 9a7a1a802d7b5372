package httpserver

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/listener"
)

// bind opens the listening sockets.
func (s *Server) bind(ctx context.Context) error {
	if err := s.setUpTLS(); err != nil {
		return fmt.Errorf("%s.%w", s.name, err)
	}
	g, err := s.listen(ctx, s.config())
	if err != nil {
		return fmt.Errorf("%s.%w", s.name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.install()
	s.setUpSecure()
	s.setUpTickets()
	s.original.Serve(s.disableKeepAlives, s.ended)
	s.copyLocked()
	s.listeners, s.predecessor = g, s.handedOver()
	s.app.Wiring().SetAddress(s.name, g.Addrs()...)
	if s.canMove() {
		s.app.Wiring().AddMover(s.name, s)
	}
	s.bound.Store(true)
	return nil
}

// leftToNetHTTP is the note where HTTP/2 is net/http's.
const leftToNetHTTP = "HTTP/2 is left to net/http, which did not answer a trial as expected; " +
	"a stop may lose streams that are on their way"

// sayOff reports that the server is off.
func (s *Server) sayOff(context.Context) error {
	s.note(slog.LevelInfo, "no server: its addr is off", nil)
	return nil
}

// serve begins to accept.
func (s *Server) serve(context.Context) error {
	timeout := func() time.Duration { return s.config().StallTimeout }
	s.helpers.Go(func() { s.conns.Monitor(s.requests, timeout) })
	if s.secure == nil {
		s.startRest()
	}
	if s.cert != nil {
		s.helpers.Go(func() { s.watchCertificate(s.requests) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving = true
	if s.secure != nil {
		s.serveQueue(s.listeners[0].Addr())
		s.helpers.Go(func() { s.rotateTicketKeys(s.requests) })
	}
	s.accept(s.listeners)
	if s.predecessor != nil {
		s.adopt(s.predecessor)
	}
	if s.h2.FellBack {
		s.note(slog.LevelWarn, leftToNetHTTP, nil)
	}
	if s.advice != "" {
		s.note(slog.LevelWarn, s.advice, nil)
	}
	return nil
}

// startRest lets idle connections rest.
func (s *Server) startRest() {
	after := func() time.Duration { return s.config().RestAfter }
	if err := s.conns.StartRest(); err == nil {
		s.helpers.Go(func() { s.conns.Rest(s.requests, after) })
	} else if after() > 0 {
		s.note(slog.LevelInfo, "idle connections keep their memory: this system cannot let them rest", err)
	}
}

// accept runs a Serve loop on each of g. If one ends without having been retired,
// the application stops.
func (s *Server) accept(g listener.Group) {
	for _, l := range g {
		go s.acceptFrom(l)
	}
}

func (s *Server) acceptFrom(l *listener.Listener) {
	err := l.Serve(func(run net.Listener) error {
		switch hs := s.current(); {
		case s.secure != nil:
			return hs.Serve(s.handshakes(run, hs))
		case l.Secure:
			return hs.ServeTLS(run, "", "")
		default:
			return hs.Serve(run)
		}
	})
	if err != nil {
		s.ended(fmt.Errorf("serve %s: %w", l.Addr(), err))
	}
}

// ended stops the application when the server has ended by itself.
func (s *Server) ended(err error) {
	s.app.Stop(app.Reason{Kind: app.ServeFailed, By: "server " + s.name, Err: err, Code: 1})
}

// retireTimeout bounds the end of a listener whose address was changed.
const retireTimeout = 5 * time.Second

// moveTo makes next, of which opened are new, the sockets of the server, and
// retires the others. Connections from these live on until they end.
func (s *Server) moveTo(next, opened listener.Group) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone { // a stop came first
		_ = opened.Close()
		return
	}
	old := slices.DeleteFunc(slices.Clone(s.listeners), func(l *listener.Listener) bool { return slices.Contains(next, l) })
	s.listeners = next
	s.app.Wiring().SetAddress(s.name, next.Addrs()...)
	if s.serving {
		s.accept(opened)
	}
	serving := s.serving
	s.helpers.Go(func() {
		ctx, cancel := context.WithTimeout(s.requests, retireTimeout)
		defer cancel()
		if err := old.Retire(ctx, func(l *listener.Listener) listener.Retiring {
			return listener.Retiring{Serving: serving, Alone: s.alone(l)}
		}); err != nil {
			s.note(slog.LevelWarn, "old listener not closed cleanly", err)
		}
	})
}
