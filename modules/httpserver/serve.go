package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
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
	s.handle.serve(s.disableKeepAlives, s.ended)
	s.copyLocked()
	s.listener, s.predecessor = l, s.adopted(l)
	s.app.Wiring().SetAddress(s.name, l.Addr())
	if !l.layered {
		s.app.Wiring().AddMover(s.name, s)
	}
	return nil
}

// listen opens the socket that c names, unless the *http.Server names one itself. Its error names the key at fault.
func (s *Server) listen(ctx context.Context, c *Config) (*listener, error) {
	addr := s.http.Addr
	if addr == "" {
		addr = c.Addr
	}
	network, address := splitAddr(addr)
	sockets := s.sockets
	if sockets == nil {
		sockets = app.OpenSockets()
		if err := removeStale(network, address); err != nil {
			return nil, config.Invalid("addr", "%w", err)
		}
	}
	ln, err := sockets.Listen(ctx, s.name, network, address)
	if err != nil {
		return nil, explainListen(err, s.name, network, address)
	}
	if err := setMode(network, address, c.SocketMode); err != nil {
		return nil, errors.Join(config.Invalid("socket_mode", "%w", err), ln.Close())
	}
	return &listener{Listener: ln, file: socketFile(ln), conns: s.conns, layered: hasCertificate(s.http.TLSConfig), served: make(chan struct{})}, nil
}

// serve begins to accept.
func (s *Server) serve(context.Context) error {
	s.helpers.Go(func() { s.conns.patrol(s.requests, func() time.Duration { return s.config().StallTimeout }) })
	if s.cert != nil {
		s.helpers.Go(func() { s.watchCertificate(s.requests) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serving = true
	s.accept(s.listener)
	if s.predecessor != nil {
		s.adopt(s.predecessor)
	}
	if s.h2.fellBack {
		s.app.Note(app.Note{Level: slog.LevelWarn, Text: leftToNetHTTP,
			Attrs: []slog.Attr{slog.String("server", s.name)}})
	}
	if s.idle {
		s.app.Note(app.Note{Level: slog.LevelInfo, Text: "nothing to serve but health: the application provides no http.Handler; add fx.Provide(newHandler)",
			Attrs: []slog.Attr{slog.String("server", s.name)}})
	}
	return nil
}

const leftToNetHTTP = "HTTP/2 is left to net/http, which did not answer a trial as expected; a stop may lose streams that are on their way"

// accept runs the Serve loop on l. When it ends without having been retired, the application stops.
func (s *Server) accept(l *listener) {
	go func() {
		defer close(l.served)
		err := errRenewed
		for errors.Is(err, errRenewed) {
			if t := l.nextTurn(); l.layered {
				err = s.current().ServeTLS(t, "", "")
			} else {
				err = s.current().Serve(t)
			}
		}
		if !l.retired.Load() {
			s.ended(fmt.Errorf("serve %s: %w", l.Addr(), err))
		}
	}()
}

// ended stops the application when the server has ended unasked.
func (s *Server) ended(err error) {
	s.app.Stop(app.Reason{Kind: app.ServeFailed, By: "server " + s.name, Err: err, Code: 1})
}

// retire closes l without losing what clients have begun, and without http.Server.Shutdown, which would throw away
// requests that have been received completely. With replaced, a successor accepts what waits.
func (s *Server) retire(ctx context.Context, l *listener, serving, replaced bool) error {
	l.retired.Store(true)
	s.conns.nudge() // who is beyond the limit gets in, too
	if replaced {
		keepFile(l.Listener)
	} else if serving {
		if s.alone() {
			removeFile(l.Listener, l.file)
		}
		release := emptyQueue(ctx, l.Listener, s.alone())
		defer release()
	}
	err := l.Close()
	if errors.Is(err, net.ErrClosed) { // Serve closes it when it fails
		err = nil
	}
	if !serving {
		return err
	}
	select {
	case <-l.served:
		return err
	case <-ctx.Done(): // a listener of the user's own whose Close does not end its Accept
		return errors.Join(err, context.Cause(ctx))
	}
}

// alone tells whether nobody else accepts from the server's socket.
func (s *Server) alone() bool {
	if s.sockets == nil {
		return true
	}
	sharer, ok := s.sockets.(app.Sharer)
	return ok && !sharer.Shared(s.name)
}

// retireTimeout bounds the end of a listener whose address was changed.
const retireTimeout = 5 * time.Second

// moveTo makes l, which is bound, the listener of the server, and retires the one before. Connections that came in
// through that live on until they end.
func (s *Server) moveTo(l *listener) {
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
	serving := s.serving
	s.helpers.Go(func() {
		ctx, cancel := context.WithTimeout(s.requests, retireTimeout)
		defer cancel()
		if err := s.retire(ctx, old, serving, false); err != nil {
			s.app.Note(app.Note{Level: slog.LevelWarn, Text: "old listener not closed cleanly", Err: err, Attrs: []slog.Attr{slog.String("server", s.name)}})
		}
	})
}
