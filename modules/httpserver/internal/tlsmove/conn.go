package tlsmove

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Conn continues a connection whose handshake another process has done: the record
// layer, and nothing else. A violation of the protocol by the client ends it as in
// crypto/tls, with the same alert and the same error.
//
// It embeds an interface: the ReadFrom of a *net.TCPConn would send plaintext.
type Conn struct {
	socket
	state  tls.ConnectionState
	origin State // without secrets

	reading sync.Mutex // guards what the client sends
	input
	readErr error // final

	writing  sync.Mutex // guards what the server sends
	out      *direction
	writeErr error // final
	broken   bool  // the socket took a part of a record, or none
	notified bool  // close_notify is sent
	closed   bool

	beforeClose func() // see BeforeClose
}

// Continue goes on with the connection that nc is the socket of, as a server with
// the configuration c. It accepts only what c would accept in a handshake, see
// [State.Acceptable], and takes over no part of s.
func Continue(nc net.Conn, s *State, c *tls.Config) (*Conn, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	cs, err := s.Acceptable(c)
	if err != nil {
		return nil, err
	}
	su := suiteOf(s.Suite)
	conn := &Conn{socket: nc, state: cs, origin: *s}
	conn.origin.In, conn.origin.Out = Keys{}, Keys{}
	if conn.in, err = newDirection(su, s.In.clone()); err != nil {
		return nil, fmt.Errorf("continue %v: %w", s, err)
	}
	if conn.out, err = newDirection(su, s.Out.clone()); err != nil {
		return nil, fmt.Errorf("continue %v: %w", s, err)
	}
	return conn, nil
}

// ConnectionState returns the result of the handshake. Exporters and, from Go 1.27
// on, the LocalCertificate do not move.
func (c *Conn) ConnectionState() tls.ConnectionState { return c.state }

// NetConn returns the socket.
func (c *Conn) NetConn() net.Conn { return c.socket }

// Write sends p in records of up to 16 KiB.
func (c *Conn) Write(p []byte) (n int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	switch {
	case c.closed:
		return 0, net.ErrClosed
	case c.writeErr != nil:
		return 0, c.writeErr
	case c.notified:
		return 0, errShutdown
	}
	buffer := outBuffers.Get().(*[]byte)
	defer outBuffers.Put(buffer)
	for len(p) > 0 {
		part := p[:min(len(p), maxPlaintext)]
		*buffer = c.out.seal((*buffer)[:0], typeData, part)
		if err := c.sendLocked(*buffer); err != nil {
			return n, err
		}
		n, p = n+len(part), p[len(part):]
	}
	return n, nil
}

// sendLocked writes a record. An error is final: the client may have a part of the
// record.
func (c *Conn) sendLocked(record []byte) error {
	_, err := c.socket.Write(record)
	if err != nil {
		c.broken = true
		c.writeErr = cmp.Or(c.writeErr, err)
	}
	return err
}

var errShutdown = errors.New("tls: protocol is shutdown")

// outBuffers hold sealed records until they are written.
var outBuffers = sync.Pool{New: func() any { return new([]byte) }}

// alert ends the connection with an alert, and returns it as an error.
func (c *Conn) alert(alert tls.AlertError) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.alertLocked(alert)
}

func (c *Conn) alertLocked(alert tls.AlertError) error {
	const warning, fatal = 1, 2
	level := byte(fatal)
	if alert == alertCloseNotify || alert == alertNoRenegotiation {
		level = warning
	}
	var err error
	if !c.broken && !c.notified {
		err = c.sendLocked(c.out.seal(nil, typeAlert, []byte{level, byte(alert)}))
	}
	if alert == alertCloseNotify {
		return err
	}
	err = &net.OpError{Op: "local error", Err: alert}
	c.writeErr = cmp.Or(c.writeErr, err)
	return err
}

// notifyTimeout bounds a close_notify to a client that does not read.
const notifyTimeout = 5 * time.Second

func (c *Conn) notifyLocked() error {
	if c.notified {
		return nil
	}
	_ = c.SetWriteDeadline(time.Now().Add(notifyTimeout))
	err := c.alertLocked(alertCloseNotify)
	c.notified = true
	return err
}

// CloseWrite sends close_notify: nothing more comes.
func (c *Conn) CloseWrite() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.notifyLocked()
}

// BeforeClose makes Close call f when nothing more is sent and the socket is still
// open. It must be called before the connection is used.
func (c *Conn) BeforeClose(f func()) { c.beforeClose = f }

// Close sends close_notify and closes the socket. If a Write is blocked, Close ends
// it and sends no close_notify.
func (c *Conn) Close() error {
	if c.writing.TryLock() {
		again := c.closed
		if !again {
			c.closed = true
			_ = c.notifyLocked()
		}
		c.writing.Unlock()
		if again {
			return net.ErrClosed
		}
	}
	if c.beforeClose != nil {
		c.beforeClose()
	}
	return c.socket.Close()
}

// Partial implements [Session].
func (c *Conn) Partial() bool {
	c.reading.Lock()
	defer c.reading.Unlock()
	return c.from != c.to
}

// Pending implements [Session].
func (c *Conn) Pending() bool {
	c.reading.Lock()
	defer c.reading.Unlock()
	return !c.atBoundary()
}

// Movable implements [Session].
func (c *Conn) Movable() error { return nil }

// Forget implements [Session].
func (c *Conn) Forget() {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.writing.Lock()
	defer c.writing.Unlock()
	c.readErr, c.writeErr, c.broken = ErrEnded, ErrEnded, true
	clear(c.in.keys.Secret)
	clear(c.out.keys.Secret)
}

// Export implements [Session].
func (c *Conn) Export() (*State, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.writing.Lock()
	defer c.writing.Unlock()
	switch {
	case c.readErr != nil || c.writeErr != nil || c.notified || c.closed:
		return nil, errors.Join(ErrEnded, c.readErr, c.writeErr)
	case !c.atBoundary():
		return nil, ErrBusy
	}
	s := c.origin
	s.In, s.Out = c.in.keys.clone(), c.out.keys.clone()
	return &s, nil
}
