package httpserver

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/handshake"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/http2"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tickets"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// HTTP/1 over TLS is served on a connection above TLS, see conns.AddSecure. Other
// protocols are served on the *tls.Conn, as by ServeTLS.

// tlsLayer is the TLS of a server.
type tlsLayer struct {
	config  atomic.Pointer[tls.Config] // for handshakes from now on
	moves   bool                       // connections may move to a successor
	http2   bool                       // HTTP/2 connections as well
	tickets *tickets.Keys              // nil: the application has its own
	keep    *tickets.File              // where a successor finds them; nil: none
}

// setUpSecure decides how a server speaks TLS. It leaves s.secure nil where
// net/http must do everything: its HTTP/2 comes only with ServeTLS.
func (s *Server) setUpSecure() {
	if !http2.HasCertificate(s.http.TLSConfig) || s.h2.FellBack {
		return
	}
	s.secure = &tlsLayer{}
	if s.config().TLS.Move {
		if err := tlsmove.Check(); err != nil {
			s.note(slog.LevelWarn, cannotMove, err)
		} else {
			s.secure.moves = true
		}
	}
	if s.secure.moves && s.config().TLS.MoveHTTP2 {
		if err := s.h2.CanMove(); err != nil {
			s.note(slog.LevelWarn, http2CannotMove, err)
		} else {
			s.secure.http2 = true
		}
	}
}

const cannotMove = "TLS connections stay with this process in an upgrade, and are drained"

const http2CannotMove = "HTTP/2 connections stay with this process in an upgrade, and their clients are asked to leave"

// handshakes returns the listener with which hs serves what run accepts. After the
// handshake a connection goes to net/http through the Queue.
func (s *Server) handshakes(run net.Listener, hs *http.Server) net.Listener {
	return &handshake.Listener{
		Listener: run, Server: hs, Config: s.secure.config.Load,
		Base:  context.WithValue(s.requests, http.ServerContextKey, s.http),
		Serve: func(c *tlsmove.Tapped, below net.Conn) { s.serveSecure(c, below, run.Addr()) },
	}
}

// serveSecure serves a connection that has shaken hands.
func (s *Server) serveSecure(c *tlsmove.Tapped, below net.Conn, on net.Addr) {
	switch c.ConnectionState().NegotiatedProtocol {
	case "", "http/1.1":
		s.conns.Queue.Put(s.conns.AddSecure(c, below))
	case "h2":
		if s.secure.http2 {
			s.h2.Serve(c, below, on, nil)
			return
		}
		fallthrough
	default:
		c.Forget()
		s.conns.Queue.Put(c.TLS())
	}
}

// update makes handshakes follow hs, which is about to accept.
func (c *tlsLayer) update(hs *http.Server) {
	t := hs.TLSConfig.Clone()
	t.NextProtos = handshake.NextProtos(t.NextProtos, hs)
	if c.moves {
		t = tlsmove.Config(t)
	}
	c.config.Store(t)
	c.setTicketKeys()
}

// resume continues the connection, and zeroes what came with it.
func (c *tlsLayer) resume(h *app.HandedConn) (net.Conn, error) {
	defer h.Clear()
	return c.resumeSession(h.Conn, h.State)
}

func (c *tlsLayer) resumeSession(nc net.Conn, encoded []byte) (net.Conn, error) {
	state, err := tlsmove.Decode(encoded)
	if err != nil {
		return nil, err
	}
	defer state.Wipe()
	return tlsmove.Continue(nc, state, c.config.Load())
}

// kinds returns the kinds of connections that the server takes.
func (c *tlsLayer) kinds() []string {
	all := []string{conns.TLSKind, conns.TLSKeptKind}
	if c.http2 {
		all = append(all, conns.HTTP2Kind)
	}
	return all
}

// setTicketKeys gives the configuration for new handshakes the keys in force.
func (c *tlsLayer) setTicketKeys() {
	if c.tickets != nil {
		c.config.Load().SetSessionTicketKeys(c.tickets.Secrets())
	}
}
