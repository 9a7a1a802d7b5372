package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/http2"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tickets"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// net/http takes any connection with a ConnectionState for one through TLS. So the
// handshake is ours: HTTP/1 is then served on a connection above TLS, see
// conns.AddSecure, and other protocols on the *tls.Conn, as by ServeTLS. Timeouts,
// errors and what the log says of them are net/http's.

// tlsLayer is the TLS of a server.
type tlsLayer struct {
	config  atomic.Pointer[tls.Config] // for handshakes from now on
	moves   bool                       // connections may move to a successor
	http2   bool                       // those of HTTP/2 as well
	tickets *tickets.Keys              // nil: the application has its own
	keep    *tickets.File              // where a successor finds them; nil: nowhere
}

// setUpSecure decides how a server speaks TLS. It leaves s.secure nil where
// net/http must do it all: its own HTTP/2 comes with ServeTLS only.
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
	s.setUpTickets()
}

const cannotMove = "connections through TLS stay with this process in an upgrade, and are drained"

const http2CannotMove = "connections of HTTP/2 stay with this process in an upgrade, and are asked to leave"

// update makes handshakes follow hs, which is about to accept.
func (c *tlsLayer) update(hs *http.Server) {
	t := hs.TLSConfig.Clone()
	t.NextProtos = nextProtos(t.NextProtos, hs)
	if c.moves {
		t = tlsmove.Config(t)
	}
	c.config.Store(t)
	c.setTicketKeys()
}

// nextProtos are the protocols that ServeTLS would offer: those of the application,
// without what hs does not speak, and with what it does.
func nextProtos(own []string, hs *http.Server) []string {
	speaks := map[string]bool{"h2": http2.Wanted(hs), "http/1.1": hs.Protocols == nil || hs.Protocols.HTTP1()}
	list := slices.DeleteFunc(slices.Clone(own), func(p string) bool {
		ours, known := speaks[p]
		return known && !ours
	})
	for _, p := range []string{"h2", "http/1.1"} {
		if speaks[p] && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// handshakes is a listener that shakes hands with what it accepts. What comes of
// that goes to net/http through the Queue; Accept itself returns errors only, so
// that net/http deals with them.
type handshakes struct {
	net.Listener
	s  *Server
	hs *http.Server
}

// Accept implements net.Listener.
func (l *handshakes) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		go l.shake(nc)
	}
}

func (l *handshakes) shake(nc net.Conn) {
	c := tlsmove.Server(nc, l.s.secure.config.Load())
	if err := l.handshake(c); err != nil {
		l.failed(c, err)
		return
	}
	switch c.ConnectionState().NegotiatedProtocol {
	case "", "http/1.1":
		l.s.conns.Queue.Put(l.s.conns.AddSecure(c, nc))
	case "h2":
		if l.s.secure.http2 {
			l.s.h2.Serve(c, nc, l.Addr(), nil)
			return
		}
		fallthrough
	default:
		c.Forget()
		l.s.conns.Queue.Put(c.TLS())
	}
}

// handshake blocks until c has shaken hands. A panic of the application's
// callbacks is an error.
func (l *handshakes) handshake(c *tlsmove.Tapped) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &handshakePanic{v, debug.Stack()}
		}
	}()
	limit := handshakeTimeout(l.hs)
	if limit > 0 {
		due := time.Now().Add(limit)
		_, _ = c.SetReadDeadline(due), c.SetWriteDeadline(due)
	}
	ctx := context.WithValue(l.s.requests, http.ServerContextKey, l.s.http)
	ctx = context.WithValue(ctx, http.LocalAddrContextKey, c.LocalAddr())
	if err := c.HandshakeContext(ctx); err != nil {
		return err
	}
	if limit > 0 {
		_, _ = c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})
	}
	return nil
}

type handshakePanic struct {
	value any
	stack []byte
}

func (p *handshakePanic) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// handshakeTimeout is the shortest of the timeouts that bound a first request.
func handshakeTimeout(hs *http.Server) (shortest time.Duration) {
	for _, d := range []time.Duration{hs.ReadHeaderTimeout, hs.ReadTimeout, hs.WriteTimeout} {
		if d > 0 && (shortest == 0 || d < shortest) {
			shortest = d
		}
	}
	return shortest
}

// failed ends a connection without a handshake. A client that speaks plain HTTP is
// told so in its own language.
func (l *handshakes) failed(c *tlsmove.Tapped, err error) {
	reason := err.Error()
	if p, ok := err.(*handshakePanic); ok {
		l.hs.ErrorLog.Printf("http: panic serving %v: %v\n%s", c.RemoteAddr(), p.value, p.stack)
	}
	if header, ok := errors.AsType[tls.RecordHeaderError](err); ok && header.Conn != nil && looksLikeHTTP(header.RecordHeader) {
		_, _ = io.WriteString(header.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
		reason = "client sent an HTTP request to an HTTPS server"
	}
	l.hs.ErrorLog.Printf("http: TLS handshake error from %s: %v", c.RemoteAddr(), reason)
	l.hs.ConnState(c.TLS(), http.StateNew)
	_ = c.Close()
	l.hs.ConnState(c.TLS(), http.StateClosed)
}

func looksLikeHTTP(header [5]byte) bool {
	return slices.ContainsFunc([]string{"GET /", "HEAD ", "POST ", "PUT /", "OPTIO"}, func(begin string) bool {
		return strings.HasPrefix(string(header[:]), begin)
	})
}
