// Package hijacked tracks the connections that handlers have taken over. Nothing
// reports when one is closed, so they are checked.
package hijacked

import (
	"net"
	"sync/atomic"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// Conns has the hijacked connections of one server. The caller's mutex guards it.
type Conns struct {
	all     map[*conn]struct{}
	sweepAt int // the number at which to look for closed ones
}

// conn is a hijacked connection.
type conn struct {
	raw    net.Conn
	socket net.Conn     // nil: it is not a socket of the system
	closed *atomic.Bool // nil: nothing records that it is closed
}

func (c *conn) isClosed() bool {
	if c.closed != nil && c.closed.Load() {
		return true
	}
	return c.socket != nil && socket.IsClosed(c.socket)
}

// Add adds a connection over a socket. closed becomes true when it is closed; it is
// nil if nothing records that.
func (h *Conns) Add(raw, over net.Conn, closed *atomic.Bool) {
	c := &conn{raw: raw, closed: closed}
	if socket.Known(over) {
		c.socket = over
	}
	if h.all == nil {
		h.all = map[*conn]struct{}{}
	}
	h.all[c] = struct{}{}
	if n := len(h.all); n >= h.sweepAt {
		h.Forget()
		h.sweepAt = max(2*len(h.all), 64)
	}
}

// Len returns the number of connections, including closed ones that are not yet
// dropped.
func (h *Conns) Len() int { return len(h.all) }

// Open returns the number of connections that are not closed.
func (h *Conns) Open() (n int) {
	for c := range h.all {
		if !c.isClosed() {
			n++
		}
	}
	return n
}

// Forget drops those that are closed, and returns how many.
func (h *Conns) Forget() (n int) {
	for c := range h.all {
		if c.isClosed() {
			delete(h.all, c)
			n++
		}
	}
	return n
}

// Cut closes those that are open, and drops them.
func (h *Conns) Cut() {
	for c := range h.all {
		_ = c.raw.Close()
		if c.closed != nil {
			c.closed.Store(true)
		}
	}
	h.Forget()
}
