package stream

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// WebSocket is the connection that a library gets. It shows the library one frame
// at a time, and so knows when the library waits between two messages.
//
// It does not inspect messages. A frame that no library accepts is passed on, so
// that the library reports what is wrong with it; such a connection is Final.
type WebSocket struct {
	net.Conn // the client's; its Read and Write are not promoted
	on       Events

	arrive  sync.Once
	end     sync.Once
	reading sync.Mutex // one Read at a time; taken before mu
	in      frameReader

	mu       sync.Mutex // guards everything below, and in while no read of the socket is under way
	turn     sync.Cond  // of mu: the stage has changed
	stage    stage
	hold     chan struct{} // closed in holding and later stages
	inRead   bool
	filling  bool      // a read of the socket is under way, between two messages
	wakeable bool      // Hold may end it
	woken    bool      // it was ended
	deadline time.Time // of reads, as the library has set it
	moved    bool      // on.Move has been called
	final    bool

	out frameWriter
}

// NewWebSocket returns a connection over nc. The bytes of rest come before those of
// nc. head filters the response that is written, from the 101 on.
func NewWebSocket(nc net.Conn, rest []byte, head HeadFilter, on Events) *WebSocket {
	c := &WebSocket{Conn: nc, on: on, hold: make(chan struct{})}
	c.turn.L = &c.mu
	c.in.init(rest)
	c.out.head = head
	return c
}

// NetConn returns the connection below, as tls.Conn does.
func (c *WebSocket) NetConn() net.Conn { return c.Conn }

// Read reads the next bytes of a frame. It blocks as the socket does, and as long
// as the connection is held. It returns ErrMoving between two messages of a
// connection that leaves.
func (c *WebSocket) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	c.arrive.Do(func() { c.on.Arrive(c.held()) })
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inRead = true
	defer func() { c.inRead = false }()
	for {
		held := c.stage != open && !c.final && c.in.between()
		switch {
		case c.in.left > 0:
			return c.readFrame(p)
		case held && c.settledLocked():
			if err := c.waitLocked(); err != nil {
				return 0, err
			}
		case !held && c.in.begin():
			c.final = c.final || c.in.final
		default:
			if err := c.fillLocked(); err != nil {
				return 0, err
			}
		}
	}
}

// settledLocked reports whether the client's side allows the connection to leave.
// Nothing may read the socket during the call.
func (c *WebSocket) settledLocked() bool {
	return c.in.between() && (c.on.Pending == nil || len(c.in.rest()) >= MaxUnread || !c.on.Pending())
}

// readFrame reads more of the frame that has begun.
func (c *WebSocket) readFrame(p []byte) (int, error) {
	if n := c.in.take(p); n > 0 {
		return n, nil
	}
	p = p[:min(uint64(len(p)), c.in.left)]
	c.mu.Unlock()
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.in.skip(n)
	return n, err
}

// fillLocked reads from the socket into the buffer. Between two messages Hold may
// end it, and so may Release while it reads what is pending below.
func (c *WebSocket) fillLocked() error {
	space := c.in.space()
	c.filling = c.in.between()
	c.wakeable = c.filling && c.stage == open
	c.mu.Unlock()
	n, err := c.Conn.Read(space)
	c.mu.Lock()
	c.filling, c.wakeable = false, false
	c.in.filled(n)
	if c.woken {
		c.woken = false
		_ = c.Conn.SetReadDeadline(c.deadline)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
	}
	if n > 0 {
		return nil // the error comes again
	}
	return err
}

// waitLocked blocks a reader while its connection is held.
func (c *WebSocket) waitLocked() error {
	for c.stage == holding {
		c.turn.Wait()
	}
	if c.stage == open {
		return nil
	}
	c.moveLocked()
	return ErrMoving
}

// moveLocked reports to the owner, once, that reads now end. It keeps the lock, so
// that no reader ends before that.
func (c *WebSocket) moveLocked() {
	if !c.moved {
		c.moved = true
		c.on.Move()
	}
}

func (c *WebSocket) held() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hold
}

// SetReadDeadline implements net.Conn.
func (c *WebSocket) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	if c.woken {
		return nil // set when the reader is awake
	}
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *WebSocket) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.Conn.SetWriteDeadline(t))
}
