package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/unixsocket"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/http2"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/listener"
)

// bind opens the listening socket.
func (s *Server) bind(ctx context.Context) error {
	if err := s.setUpTLS(); err != nil {
		return fmt.Errorf("%s.%w", s.name, err)
	}
	l, err := s.listen(ctx, s.config())
	if err != nil {
		return fmt.Errorf("%s.%w", s.name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.install()
	s.setUpSecure()
	s.original.Serve(s.disableKeepAlives, s.ended)
	s.copyLocked()
	s.listener, s.predecessor = l, s.handedOver()
	s.app.Wiring().SetAddress(s.name, l.Addr())
	if s.canMove() {
		s.app.Wiring().AddMover(s.name, s)
	}
	s.bound.Store(true)
	return nil
}

// listen opens the socket that c names, unless the *http.Server names one itself.
// Its error names the key at fault.
func (s *Server) listen(ctx context.Context, c *Config) (*listener.Listener, error) {
	addr := s.http.Addr
	if addr == "" {
		addr = c.Addr
	}
	network, address := splitAddr(addr)
	sockets := s.sockets
	if sockets == nil {
		sockets = app.OpenSockets()
		if network == "unix" {
			if err := unixsocket.RemoveStale(ctx, network, address); err != nil {
				return nil, config.Invalid("addr", "%s: %w; stop that, or choose another path", address, err)
			}
		}
	}
	ln, err := sockets.Listen(ctx, s.name, network, address)
	if err != nil {
		return nil, listener.Explain(err, s.name, network, address)
	}
	if err := setMode(network, address, c.SocketMode); err != nil {
		return nil, errors.Join(config.Invalid("socket_mode", "%w", err), ln.Close())
	}
	l := listener.New(ln, s.conns, http2.HasCertificate(s.http.TLSConfig))
	if s.wrap != nil {
		if err := l.Wrap(s.wrap); err != nil {
			return nil, errors.Join(config.Invalid("addr", "%w", err), ln.Close())
		}
	}
	return l, nil
}

// leftToNetHTTP is what is noted where HTTP/2 is not ours.
const leftToNetHTTP = "HTTP/2 is left to net/http, which did not answer a trial as expected; " +
	"a stop may lose streams that are on their way"

// sayOff notes that the server is off.
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
		s.serveQueue(s.listener.Addr())
		s.helpers.Go(func() { s.rotateTicketKeys(s.requests) })
	}
	s.accept(s.listener)
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

// accept runs the Serve loop on l. When it ends without having been retired, the
// application stops.
func (s *Server) accept(l *listener.Listener) {
	go func() {
		err := l.Serve(func(run net.Listener) error {
			switch hs := s.current(); {
			case s.secure != nil:
				return hs.Serve(&handshakes{run, s, hs})
			case l.Secure:
				return hs.ServeTLS(run, "", "")
			default:
				return hs.Serve(run)
			}
		})
		if err != nil {
			s.ended(fmt.Errorf("serve %s: %w", l.Addr(), err))
		}
	}()
}

// ended stops the application when the server has ended unasked.
func (s *Server) ended(err error) {
	s.app.Stop(app.Reason{Kind: app.ServeFailed, By: "server " + s.name, Err: err, Code: 1})
}

// alone reports whether no other process accepts from the server's socket.
func (s *Server) alone() bool {
	if s.sockets == nil {
		return true
	}
	sharer, ok := s.sockets.(app.Sharer)
	return ok && !sharer.Shared(s.name)
}

// retireTimeout bounds the end of a listener whose address was changed.
const retireTimeout = 5 * time.Second

// moveTo makes l, which is bound, the listener of the server, and retires the one
// before. Connections that came in through that live on until they end.
func (s *Server) moveTo(l *listener.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone { // a stop was faster
		_ = l.Close()
		return
	}
	old := s.listener
	s.listener = l
	s.app.Wiring().SetAddress(s.name, l.Addr())
	if s.serving {
		s.accept(l)
	}
	how := listener.Retiring{Serving: s.serving, Alone: s.alone()}
	s.helpers.Go(func() {
		ctx, cancel := context.WithTimeout(s.requests, retireTimeout)
		defer cancel()
		if err := old.Retire(ctx, how); err != nil {
			s.note(slog.LevelWarn, "old listener not closed cleanly", err)
		}
	})
}
