package stream

import "time"

// The owner's side of a WebSocket: how it is held, how it leaves, and how it is
// closed.

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

// Stand returns where the connection stands.
func (c *WebSocket) Stand() Stand {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.final || c.stage == gone:
		return Final
	case c.woken: // the reader is about to check
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

// Leave ends the connection here and returns what has been read but not consumed,
// with the fingerprint of the 101. It returns false, and changes nothing, unless
// reads end with ErrMoving, neither direction is inside a message, and export
// succeeds; nothing reads or writes during export. Leave blocks while a Write is
// under way.
func (c *WebSocket) Leave(export func() bool) (rest []byte, print string, ok bool) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage != leaving || c.final || c.filling || !c.in.between() || !c.out.between() || len(c.in.rest()) > MaxUnread || !export() {
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

// finish makes the connection Final.
func (c *WebSocket) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.final = true
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

// Cut closes the connection whatever its stage. A client whose WebSocket was handed
// over and not resumed gets 1012, service restart.
func (c *WebSocket) Cut() error { return c.cut(false) }

// Restart is Cut, and the client always gets 1012 unless a message to it is under
// way.
func (c *WebSocket) Restart() error { return c.cut(true) }

func (c *WebSocket) cut(restart bool) error {
	c.finish()
	c.out.close(c.Conn, restart)
	err := c.Conn.Close()
	c.end.Do(c.on.End)
	return err
}
