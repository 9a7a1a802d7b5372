package admin

import (
	"net"
	"os"
	"sync"
)

// The operator must get an answer when the process is worst off: without
// descriptors, which the connection itself needs, and beside users who may not
// use the socket and hold connections to it.

const (
	spareDescriptors = 4 // for a connection, and what its request opens
	maxRefused       = 4 // connections at once of peers that may not use the socket
)

// gate decides on connections as they come.
type gate struct {
	members members

	mu      sync.Mutex // guards everything below
	spare   []*os.File
	refused int
	closed  bool
}

func newGate(m members) *gate {
	g := &gate{members: m}
	g.refill()
	return g
}

// refill opens the spare descriptors, as far as there are any.
func (g *gate) refill() {
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
func (g *gate) release() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	released := len(g.spare) > 0
	for _, f := range g.spare {
		_ = f.Close()
	}
	g.spare = nil
	return released
}

func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.release()
}

// accept is net.Listener.Accept. Without descriptors it uses the spare ones,
// which are opened again when the connection is closed.
func (g *gate) accept(ln net.Listener) (net.Conn, error) {
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

// admit returns the connection as it is to be served, or nil when it was closed:
// a few peers without permission get an answer that says why, not all there are.
func (g *gate) admit(nc net.Conn, spared bool) net.Conn {
	_, err := g.members.of(peerAt(nc))
	if err == nil && !spared {
		return nc
	}
	if err != nil {
		g.mu.Lock()
		full := g.refused >= maxRefused || spared
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
	return &gatedConn{Conn: nc, closed: sync.OnceFunc(func() {
		if err != nil {
			g.mu.Lock()
			g.refused--
			g.mu.Unlock()
		}
		g.refill()
	})}
}

// gatedConn reports its end.
type gatedConn struct {
	net.Conn
	closed func()
}

func (c *gatedConn) Close() error {
	err := c.Conn.Close()
	c.closed()
	return err
}

// NetConn returns the connection below, for its credentials.
func (c *gatedConn) NetConn() net.Conn { return c.Conn }
