package conns

import (
	"net"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/stack"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// wrap returns the connection that net/http gets for nc. If nc is neither a TCP nor
// a unix socket, because a listener has wrapped it, only the methods of net.Conn
// and NetConn are kept.
func wrap(nc net.Conn) trackedConn {
	switch nc := nc.(type) {
	case *net.TCPConn:
		return &tcpConn{TCPConn: nc}
	case *net.UnixConn:
		return &unixConn{UnixConn: nc}
	case tlsmove.Session:
		return &secureConn{Session: nc}
	}
	c := &otherConn{Conn: nc}
	c.tracked.other = true
	return c
}

// tcpConn embeds the pointer, not the interface, so that sendfile, CloseWrite and
// SyscallConn stay visible.
type tcpConn struct {
	*net.TCPConn
	tracked Tracked
	woken   bool // it has rested, and its client has sent something
}

func (c *tcpConn) state() *Tracked { return &c.tracked }

// RemoteAddr implements net.Conn. It is the first that net/http's goroutine of a
// connection calls. If that has something to do at once, it gets the stack for it,
// and has none for a check by RemoteAddr: that would make it grow twice.
//
//go:nosplit
func (c *tcpConn) RemoteAddr() net.Addr {
	if c.woken {
		stack.ForServe(0)
	}
	return c.TCPConn.RemoteAddr()
}

// Read implements net.Conn.
func (c *tcpConn) Read(p []byte) (int, error) { return c.tracked.read(p) }

// Write implements net.Conn.
func (c *tcpConn) Write(p []byte) (int, error) { return c.tracked.write(p) }

// SetReadDeadline implements net.Conn. It has a short path for most of net/http's
// calls.
func (c *tcpConn) SetReadDeadline(d time.Time) error {
	if c.tracked.phase.Load() == Busy && c.tracked.late == nil && c.tracked.inPlace == nil && !c.tracked.opening {
		return c.TCPConn.SetReadDeadline(d)
	}
	return c.tracked.setReadDeadline(d)
}

// Close implements net.Conn. A connection that moves to a successor stays open.
func (c *tcpConn) Close() error {
	if c.tracked.leftOpen() {
		return nil
	}
	c.tracked.holdUnacked()
	return c.TCPConn.Close()
}

// NetConn returns the connection below, as tls.Conn does.
func (c *tcpConn) NetConn() net.Conn { return c.TCPConn }

// unixConn is tcpConn for a unix socket.
type unixConn struct {
	*net.UnixConn
	tracked Tracked
}

func (c *unixConn) state() *Tracked { return &c.tracked }

// Read implements net.Conn.
func (c *unixConn) Read(p []byte) (int, error) { return c.tracked.read(p) }

// Write implements net.Conn.
func (c *unixConn) Write(p []byte) (int, error) { return c.tracked.write(p) }

// SetReadDeadline implements net.Conn.
func (c *unixConn) SetReadDeadline(d time.Time) error { return c.tracked.setReadDeadline(d) }

// Close implements net.Conn. A connection that moves to a successor stays open.
func (c *unixConn) Close() error {
	if c.tracked.leftOpen() {
		return nil
	}
	return c.UnixConn.Close()
}

// NetConn returns the connection below, as tls.Conn does.
func (c *unixConn) NetConn() net.Conn { return c.UnixConn }

// secureConn is an HTTP/1 connection over TLS. During the handshake the socket is
// tracked, with BelowTLS. Then the session takes its place: this connection is
// above TLS, sees requests and responses in plaintext, and moves with its state. It
// embeds an interface without ReadFrom, which would send plaintext.
type secureConn struct {
	tlsmove.Session
	tracked Tracked
}

func (c *secureConn) state() *Tracked { return &c.tracked }

// Read implements net.Conn.
func (c *secureConn) Read(p []byte) (int, error) {
	if len(p) == 1 { // most likely net/http reads ahead
		stack.ForRead(len(p))
	}
	return c.tracked.read(p)
}

// Write implements net.Conn.
func (c *secureConn) Write(p []byte) (int, error) { return c.tracked.write(p) }

// SetReadDeadline implements net.Conn. It has a short path for most of net/http's
// calls.
func (c *secureConn) SetReadDeadline(d time.Time) error {
	if c.tracked.phase.Load() == Busy && c.tracked.late == nil && !c.tracked.opening {
		return c.tracked.timed.SetReadDeadline(d)
	}
	return c.tracked.setReadDeadline(d)
}

// SetWriteDeadline implements net.Conn. It does what a tls.Conn documents: the
// deadline is that of the connection below.
func (c *secureConn) SetWriteDeadline(d time.Time) error { return c.tracked.timed.SetWriteDeadline(d) }

// Close implements net.Conn. A connection that moves to a successor stays open.
func (c *secureConn) Close() error {
	if c.tracked.leftOpen() {
		return nil
	}
	return c.Session.Close()
}

// NetConn implements tlsmove.Session. It returns the connection below TLS.
func (c *secureConn) NetConn() net.Conn { return c.Session.NetConn() }

// otherConn is a connection that is not itself a socket.
type otherConn struct {
	net.Conn
	tracked Tracked
}

func (c *otherConn) state() *Tracked { return &c.tracked }

// Read implements net.Conn.
func (c *otherConn) Read(p []byte) (int, error) { return c.tracked.read(p) }

// Write implements net.Conn.
func (c *otherConn) Write(p []byte) (int, error) { return c.tracked.write(p) }

// SetReadDeadline implements net.Conn.
func (c *otherConn) SetReadDeadline(d time.Time) error { return c.tracked.setReadDeadline(d) }

// Close implements net.Conn. A connection that moves to a successor stays open.
func (c *otherConn) Close() error {
	if c.tracked.leftOpen() {
		return nil
	}
	c.tracked.holdUnacked()
	c.tracked.closed.Store(true)
	return c.Conn.Close()
}

// NetConn returns the connection below, as tls.Conn does.
func (c *otherConn) NetConn() net.Conn { return c.Conn }
