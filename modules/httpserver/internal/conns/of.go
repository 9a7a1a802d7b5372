package conns

import (
	"net"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2move"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// Of returns the Tracked of net/http's connection nc, or nil if no Set has it.
func Of(nc net.Conn) *Tracked {
	switch c := nc.(type) { // nearly always, and cheaper than an interface
	case *tcpConn:
		return &c.tracked
	case *secureConn:
		return &c.tracked
	}
	return below(nc)
}

// below is the rest of Of, a function by itself so that the compiler inlines Of.
func below(nc net.Conn) *Tracked {
	for {
		if t, ok := nc.(trackedConn); ok {
			return t.state()
		}
		under, ok := nc.(interface{ NetConn() net.Conn })
		if !ok || under.NetConn() == nil {
			return nil
		}
		nc = under.NetConn()
	}
}

// Bare returns the connection that was added to a Set as nc, which is what an
// application knows from net/http. It returns nc itself if no Set has it, or if TLS
// is above it.
func Bare(nc net.Conn) net.Conn {
	if g, ok := nc.(interface{ aboveTLS() net.Conn }); ok {
		nc = g.aboveTLS()
		if m, ok := nc.(*h2move.Conn); ok {
			nc = m.Conn
		}
		return bareTLS(nc)
	}
	t, ok := nc.(trackedConn)
	if !ok {
		return nc
	}
	return bareTLS(t.state().raw)
}

// bareTLS returns the *tls.Conn of a session that crypto/tls has begun.
func bareTLS(nc net.Conn) net.Conn {
	if c, ok := nc.(*tlsmove.Tapped); ok {
		return c.TLS()
	}
	return nc
}

// ForHandler returns the connection for a handler that takes over nc: Bare, unless
// only nc itself records that it is closed.
func ForHandler(nc net.Conn) net.Conn {
	if c, ok := nc.(*otherConn); ok {
		if !socket.Known(c.tracked.socket) {
			return nc
		}
	}
	return Bare(nc)
}
