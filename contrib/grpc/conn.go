package grpcserver

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is a connection that counts the bytes that have moved on it.
type conn struct {
	net.Conn
	from     *listener
	accepted time.Time
	received atomic.Int64
	sent     atomic.Int64

	// guarded by from.mu
	answered int64 // received when the drain began
	closed   bool
}

// socketConn gives credentials access to the socket, for example for SO_PEERCRED.
type socketConn struct {
	*conn
	syscall.Conn
}

// NetConn returns the connection as the listener accepted it.
func (c *conn) NetConn() net.Conn { return c.Conn }

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

// Close closes the connection. In a drain, with bytes still on their way to the
// client, it leaves the socket to the listener, which closes it when they have
// arrived.
func (c *conn) Close() error {
	l := c.from
	l.mu.Lock()
	if c.closed {
		l.mu.Unlock()
		return net.ErrClosed
	}
	c.closed = true
	delete(l.open, c)
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || !l.draining || !deliveryOf(c.Conn).pending() {
		l.mu.Unlock()
		return c.Conn.Close()
	}
	l.leaving[c] = struct{}{}
	l.mu.Unlock()
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // ends the reader of grpc-go
	return half.CloseWrite()
}

// delivery is the kernel's view of the bytes on their way to the client.
type delivery struct {
	unacked bool   // some have been sent and not acknowledged
	unsent  bool   // some wait for room in the client's window
	acked   uint64 // how many have arrived
}

func (d delivery) pending() bool { return d.unacked || d.unsent }

// stalled reports whether the client is alive but does not read: its kernel has
// acknowledged all that fits into the window.
func (d delivery) stalled() bool { return d.unsent && !d.unacked }
