// Package gate accepts or refuses the connections of the admin API. The operator
// must get an answer even in the worst case: when the process has run out of
// descriptors, which the connection itself needs, and when users without permission
// hold connections to the socket.
package gate

import (
	"net"
	"os"
	"sync"
)

const (
	spareDescriptors = 4 // for a connection, and what its request opens

	// MaxRefused is how many connections at once peers without permission may have.
	MaxRefused = 4
)

// A Gate accepts connections. Its methods may be called from any goroutine.
type Gate struct {
	allow func(net.Conn) error

	mu      sync.Mutex // guards everything below
	spare   []*os.File
	refused int
	closed  bool
}

// New returns a gate for peers for which allow returns nil.
func New(allow func(net.Conn) error) *Gate {
	g := &Gate{allow: allow}
	g.refill()
	return g
}

// refill opens the spare descriptors, as far as possible.
func (g *Gate) refill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.closed && len(g.spare) < spareDescriptors {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return
		}
		g.spare = append(g.spare, f)
	}
}

// release closes the spare descriptors, and reports whether there were any.
func (g *Gate) release() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	released := len(g.spare) > 0
	for _, f := range g.spare {
		_ = f.Close()
	}
	g.spare = nil
	return released
}

// Close closes the spare descriptors.
func (g *Gate) Close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.release()
}

// Accept is that of ln. Without descriptors it uses the spare ones,
// which are opened again when the connection is closed.
func (g *Gate) Accept(ln net.Listener) (net.Conn, error) {
	for {
		nc, err := ln.Accept()
		spared := false
		if err != nil && outOfDescriptors(err) && g.release() {
			nc, err = ln.Accept()
			spared = true
		}
		if err != nil {
			return nil, err
		}
		if c := g.admit(nc, spared); c != nil {
			return c, nil
		}
	}
}

// admit returns the connection to serve, or nil when it was closed: only a few
// peers without permission get an answer with the reason.
func (g *Gate) admit(nc net.Conn, spared bool) net.Conn {
	err := g.allow(nc)
	if err == nil && !spared {
		return nc
	}
	if err != nil {
		g.mu.Lock()
		full := g.refused >= MaxRefused || spared
		if !full {
			g.refused++
		}
		g.mu.Unlock()
		if full {
			_ = nc.Close()
			if spared {
				g.refill()
			}
			return nil
		}
	}
	return &conn{Conn: nc, closed: sync.OnceFunc(func() {
		if err != nil {
			g.mu.Lock()
			g.refused--
			g.mu.Unlock()
		}
		g.refill()
	})}
}

// conn reports its end.
type conn struct {
	net.Conn
	closed func()
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.closed()
	return err
}

// NetConn returns the connection below, for its credentials.
func (c *conn) NetConn() net.Conn { return c.Conn }
