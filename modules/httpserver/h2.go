package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// net/http sends the GOAWAY of HTTP/2 to every connection at once, in Shutdown, and only there. Shutdown of a server
// throws away HTTP/1 requests, though. So HTTP/2 is set up on a second *http.Server, which never serves anything: its
// Shutdown sends the GOAWAYs and finds nothing else to do. It may be called again and again, which is what a handshake
// that ends late needs (golang/go#81153).

// farewellServer takes over the HTTP/2 of hs. It is nil where hs does not speak it or where somebody else has set it up.
// What it leans on is held by TestStopSendsGoAway.
func farewellServer(hs *http.Server, conns *connSet) *http.Server {
	if hs.TLSNextProto != nil {
		return nil
	}
	twin := &http.Server{
		TLSConfig:   &tls.Config{NextProtos: []string{"h2"}},
		Protocols:   hs.Protocols,
		HTTP2:       hs.HTTP2,
		IdleTimeout: hs.IdleTimeout,
		ReadTimeout: hs.ReadTimeout,
		ErrorLog:    hs.ErrorLog,
	}
	_ = twin.Serve(noListener{}) // sets up HTTP/2 and returns
	if len(twin.TLSNextProto) == 0 {
		return nil
	}
	hs.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	for proto, serve := range twin.TLSNextProto {
		hs.TLSNextProto[proto] = func(hs *http.Server, c *tls.Conn, h http.Handler) {
			conns.becomesHTTP2(c)
			serve(hs, c, h)
		}
	}
	return twin
}

// becomesHTTP2 tells the connection below c that nobody waits between requests any more: streams come and go.
func (s *connSet) becomesHTTP2(c *tls.Conn) {
	l := lifeOf(c)
	if l == nil { // without TLS, net/http hides the connection in c
		if u, ok := c.NetConn().(interface{ UnencryptedNetConn() net.Conn }); ok {
			l = lifeOf(u.UnencryptedNetConn())
		}
	}
	if l != nil {
		l.http2, l.layered = true, true
		l.headDue.Store(false)
		l.phase.Store(busy)
	}
}

// sendGoAway asks every HTTP/2 client to leave. Streams that have begun end in peace.
func (s *Server) sendGoAway() {
	if s.twin != nil {
		_ = s.twin.Shutdown(context.Background())
	}
}

// noListener accepts nothing.
type noListener struct{}

var errNoListener = errors.New("this server does not serve")

func (noListener) Accept() (net.Conn, error) { return nil, errNoListener }
func (noListener) Close() error              { return nil }
func (noListener) Addr() net.Addr            { return &net.TCPAddr{} }
