// Package handshake does TLS handshakes in place of net/http, which takes any
// connection with a ConnectionState for a TLS connection, and would not serve
// another layer above it. Timeouts, errors and log lines are as with ServeTLS.
package handshake

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/http2"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// Listener is a listener that does the handshake with what it accepts. Its Accept
// returns only errors, for net/http to handle.
type Listener struct {
	net.Listener
	Server *http.Server       // its timeouts, hooks and log apply
	Config func() *tls.Config // of the next handshake
	Base   context.Context    // of every handshake; its end ends all of them

	// Serve gets a connection after its handshake, and the connection below TLS. It
	// is called on a new goroutine for each.
	Serve func(c *tlsmove.Tapped, below net.Conn)
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		nc, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		go l.shake(nc)
	}
}

func (l *Listener) shake(nc net.Conn) {
	c := tlsmove.Server(nc, l.Config())
	if err := l.handshake(c); err != nil {
		l.failed(c, err)
		return
	}
	l.Serve(c, nc)
}

// handshake blocks until the handshake of c is over. A panic in the application's
// callbacks is an error.
func (l *Listener) handshake(c *tlsmove.Tapped) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{v, debug.Stack()}
		}
	}()
	limit := timeout(l.Server)
	if limit > 0 {
		due := time.Now().Add(limit)
		_, _ = c.SetReadDeadline(due), c.SetWriteDeadline(due)
	}
	ctx := context.WithValue(l.Base, http.LocalAddrContextKey, c.LocalAddr())
	if err := c.HandshakeContext(ctx); err != nil {
		return err
	}
	if limit > 0 {
		_, _ = c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})
	}
	return nil
}

type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// timeout returns the shortest of the timeouts that bound a first request.
func timeout(hs *http.Server) (shortest time.Duration) {
	for _, d := range []time.Duration{hs.ReadHeaderTimeout, hs.ReadTimeout, hs.WriteTimeout} {
		if d > 0 && (shortest == 0 || d < shortest) {
			shortest = d
		}
	}
	return shortest
}

// failed ends a connection whose handshake has failed. A client that speaks plain
// HTTP gets an answer in HTTP.
func (l *Listener) failed(c *tlsmove.Tapped, err error) {
	reason := err.Error()
	if p, ok := err.(*panicked); ok {
		l.Server.ErrorLog.Printf("http: panic serving %v: %v\n%s", c.RemoteAddr(), p.value, p.stack)
	}
	if header, ok := errors.AsType[tls.RecordHeaderError](err); ok && header.Conn != nil && looksLikeHTTP(header.RecordHeader) {
		_, _ = io.WriteString(header.Conn, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
		reason = "client sent an HTTP request to an HTTPS server"
	}
	l.Server.ErrorLog.Printf("http: TLS handshake error from %s: %v", c.RemoteAddr(), reason)
	l.Server.ConnState(c.TLS(), http.StateNew)
	_ = c.Close()
	l.Server.ConnState(c.TLS(), http.StateClosed)
}

func looksLikeHTTP(header [5]byte) bool {
	return slices.ContainsFunc([]string{"GET /", "HEAD ", "POST ", "PUT /", "OPTIO"}, func(begin string) bool {
		return strings.HasPrefix(string(header[:]), begin)
	})
}

// NextProtos returns the protocols that ServeTLS would offer: those of the
// application, without those that hs does not speak, and with those that it does.
func NextProtos(own []string, hs *http.Server) []string {
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
