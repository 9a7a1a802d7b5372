package stream

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// ErrMoving ends the reads of a connection that is to leave.
var ErrMoving = errors.New("httpserver: the connection moves to the successor")

// Stand says where a WebSocket stands between its client and its handler.
type Stand int

const (
	// Held: the handler waits in Read, and no message has begun.
	Held Stand = iota
	// Busy: no message has begun, and the handler is elsewhere.
	Busy
	// Partial: the handler has a part of a message; the client owes the rest.
	Partial
	// Final: it will not leave. One side has said that it closes, or has broken
	// the protocol.
	Final
)

// Events are what a WebSocket tells its owner. None is called with a lock held
// that a method of the WebSocket takes, except where it says so.
type Events struct {
	// Arrive is called by the first Read and may block it. It ends when hold is
	// closed, which is the next attempt to leave.
	Arrive func(hold <-chan struct{})
	// Pending reports whether the connection below has read something that it has
	// not returned. Nothing is read from it meanwhile. It is nil where the
	// connection below has no buffer.
	Pending func() bool
	// Move is called once, before reads begin to end with ErrMoving. It must not
	// call the WebSocket.
	Move func()
	// Closing is called by Close where the connection could leave. If it returns
	// true it has left, and Close does nothing more.
	Closing func() bool
	// End is called once when the connection is closed here.
	End func()
}

// A WebSocket is always in one of these stages.
//
//	       Hold            Go             Leave
//	open ───────► holding ─────► leaving ────────► gone
//	  ▲              │
//	  └──────────────┘ Release
//
// In holding a reader between two messages waits inside Read, unseen by the
// library. In leaving it gets ErrMoving there.
type stage int

const (
	open stage = iota
	holding
	leaving
	gone
)

// WebSocket is the connection that a library gets. It shows the library one
// frame at a time, and so knows when the library waits between two messages.
//
// It does not look into messages. A frame that no library accepts is passed on,
// so that the library says what is wrong with it; such a connection is Final.
type WebSocket struct {
	net.Conn // the client's; its Read and Write are not promoted
	on       Events

	arrive  sync.Once
	end     sync.Once
	reading sync.Mutex // one Read at a time; taken before mu
	in      frameReader

	mu       sync.Mutex // guards what follows, and in while no socket is read
	turn     sync.Cond  // of mu: the stage has changed
	stage    stage
	hold     chan struct{} // closed in holding and beyond
	inRead   bool
	filling  bool      // a read of the socket is under way, between two messages
	wakeable bool      // Hold may end it
	woken    bool      // it was ended
	deadline time.Time // of reads, as the library has set it
	moved    bool      // on.Move has been called
	final    bool

	out frameWriter
}

// NewWebSocket returns a connection over nc. The bytes of rest come before those
// of nc. head sees the response that is written, 101 and all.
func NewWebSocket(nc net.Conn, rest []byte, head HeadFilter, on Events) *WebSocket {
	c := &WebSocket{Conn: nc, on: on, hold: make(chan struct{})}
	c.turn.L = &c.mu
	c.in.init(rest)
	c.out.head = head
	return c
}

// NetConn returns the connection below, as tls.Conn does.
func (c *WebSocket) NetConn() net.Conn { return c.Conn }

// Read reads the next bytes of a frame. It blocks as the socket does, and for as
// long as the connection is held. It ends with ErrMoving between two messages of
// a connection that leaves.
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

// settledLocked reports whether the connection could leave as far as its client is
// concerned. Nothing reads the socket meanwhile.
func (c *WebSocket) settledLocked() bool {
	return c.in.between() && (c.on.Pending == nil || len(c.in.rest()) >= MaxRest || !c.on.Pending())
}

// readFrame reads on in the frame that has begun.
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

// fillLocked reads from the socket into the buffer. Between two messages Hold
// may end it, and Release where it reads what is pending below.
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

// waitLocked is where a reader stands while its connection is held.
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

// moveLocked tells the owner once that reads end now. The lock is kept, so that no
// reader ends before that.
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

// Hold keeps the library from getting another message. It does not block and
// may be repeated.
func (c *WebSocket) Hold() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage != open {
		return
	}
	c.stage = holding
	close(c.hold)
	if c.wakeable {
		c.wakeLocked()
	}
}

// wakeLocked ends the read of the socket that is under way.
func (c *WebSocket) wakeLocked() {
	c.woken = true
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
}

// Release undoes Hold. It does nothing once Go has been called.
func (c *WebSocket) Release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage == holding {
		c.stage = open
		c.hold = make(chan struct{})
		c.turn.Broadcast()
		if c.filling { // messages that are here wait for more
			c.wakeLocked()
		}
	}
}

// Go ends reads with ErrMoving from the next boundary on. It does not block.
func (c *WebSocket) Go() {
	c.Hold()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage != holding {
		return
	}
	c.stage = leaving
	c.turn.Broadcast()
	if !c.final && !c.filling && c.settledLocked() { // else the reader does it
		c.moveLocked()
	}
}

// Stand reports where the connection stands.
func (c *WebSocket) Stand() Stand {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.final || c.stage == gone:
		return Final
	case c.woken: // the reader is about to look
		return Busy
	case c.filling && c.stage == open:
		return Held
	case c.filling || !c.settledLocked():
		return Partial
	case c.inRead:
		return Held
	default:
		return Busy
	}
}

// Leave ends the connection here and returns what has been read and not
// consumed, with the fingerprint of the 101. It reports false, and changes
// nothing, unless reads end with ErrMoving, neither direction is inside a
// message, and export succeeds, during which nobody reads or writes. It waits for
// a Write that is under way.
func (c *WebSocket) Leave(export func() bool) (rest []byte, print string, ok bool) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage != leaving || c.final || c.filling || !c.in.between() || !c.out.between() || len(c.in.rest()) > MaxRest || !export() {
		return nil, "", false
	}
	c.stage = gone
	c.out.shut = ErrMoving
	return append([]byte(nil), c.in.rest()...), c.out.head.Print(), true
}

// mayLeave reports whether a close is the library's answer to ErrMoving.
func (c *WebSocket) mayLeave() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stage == leaving && c.moved && !c.final && c.in.between()
}

// Close closes the connection, or lets it leave if reads have ended with
// ErrMoving: libraries close a connection whose reads end.
func (c *WebSocket) Close() error {
	c.mu.Lock()
	left := c.stage == gone
	c.mu.Unlock()
	if left || c.mayLeave() && c.on.Closing() {
		return nil
	}
	return c.Cut()
}

// Cut closes the connection whatever its stage. A client whose WebSocket was
// handed on and not resumed hears 1012, service restart.
func (c *WebSocket) Cut() error {
	c.mu.Lock()
	c.final = true
	c.mu.Unlock()
	c.out.close(c.Conn)
	err := c.Conn.Close()
	c.end.Do(c.on.End)
	return err
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
