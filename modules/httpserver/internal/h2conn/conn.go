package h2conn

import (
	"net"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// Conn is the connection that net/http's HTTP/2 gets. It follows the frames in both
// directions.
type Conn struct {
	net.Conn
	client  Client
	w       writer
	goodbye goodbye
	flow    flow

	// Everything below belongs to the goroutine of net/http that reads.
	preface int // bytes of it that are to come
	in      h2frame.Parser
	unit    h2frame.Unit // of the frame that is being read
	limited bool         // the client leaves once its Life is over
}

// New returns the connection for serving HTTP/2 on nc, from the preface on.
func New(nc net.Conn, client Client) *Conn {
	c := Follow(nc, client)
	c.preface = len(h2frame.Preface)
	return c
}

// Follow is New for a connection whose preface has been read.
func Follow(nc net.Conn, client Client) *Conn {
	c := &Conn{Conn: nc, client: client}
	c.w.conn = nc
	c.goodbye.w, c.goodbye.client = &c.w, &c.client
	c.flow.w, c.flow.windows = &c.w, h2frame.NewWindows()
	return c
}

// Upgraded is New for a connection that has come to HTTP/2 by a request, which is
// its stream 1 (RFC 7540, 3.2). Its answer 101 has been written.
func Upgraded(nc net.Conn, client Client) *Conn {
	c := New(nc, client)
	c.goodbye.last.Store(1)
	c.flow.windows.Opened(1)
	return c
}

// LimitLife makes the client leave once its Life is over. It is called before Read.
func (c *Conn) LimitLife() { c.limited = true }

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	n, err := c.Conn.Write(p)
	c.w.out.Feed(p[:n], c.headWritten, nil)
	if err == nil {
		c.goodbye.beginLocked()
	}
	return n, err
}

// headWritten is called when the head of a frame has been written.
func (c *Conn) headWritten() {
	c.w.settled = c.w.settled || c.w.out.Type() == h2frame.Settings
	c.flow.mu.Lock()
	defer c.flow.mu.Unlock()
	c.flow.windows.Sent(&c.w.out)
}

// Read implements net.Conn. net/http reads the head of a frame, then its payload,
// and the next frame when it has processed that; Read returns no more than it
// reads.
func (c *Conn) Read(p []byte) (int, error) {
	c.goodbye.processed()
	n := c.readReset(p)
	if n > 0 {
		return n, nil
	}
	n, err := c.Conn.Read(p)
	for n == 0 && c.flow.woken(err) {
		if n = c.readReset(p); n > 0 {
			return n, nil
		}
		n, err = c.Conn.Read(p)
	}
	skipped := min(n, c.preface)
	c.preface -= skipped
	c.in.Feed(p[skipped:n], c.headRead, c.payloadRead)
	return n, err
}

func (c *Conn) readReset(p []byte) int { return c.flow.readReset(p, c.preface == 0 && c.in.Whole()) }

// headRead is called when the head of a frame has been read.
func (c *Conn) headRead() {
	c.unit.Begin(&c.in)
	switch stream := c.in.Stream(); c.in.Type() {
	case h2frame.Headers:
		if stream > c.goodbye.last.Load() { // not trailers
			c.opened(stream)
		}
	case h2frame.ResetStream:
		c.flow.mu.Lock()
		c.flow.windows.Closed(stream)
		c.flow.mu.Unlock()
	}
}

// opened is called when the client has opened a stream.
func (c *Conn) opened(stream uint32) {
	c.goodbye.last.Store(stream)
	c.flow.mu.Lock()
	c.flow.windows.Opened(stream)
	c.flow.mu.Unlock()
	c.client.Life.Requests.Add(1)
	if c.limited && c.client.Life.Over() {
		c.SayGoodbye()
	}
}

// payloadRead is called with what follows the head of a frame.
func (c *Conn) payloadRead(b []byte) {
	c.unit.Feed(b, func(whole []byte) {
		if c.in.Type() == h2frame.Ping {
			c.goodbye.pong = c.in.Flags()&h2frame.FlagAck != 0 && string(whole) == h2frame.PingData
			return
		}
		c.flow.mu.Lock()
		defer c.flow.mu.Unlock()
		c.flow.windows.Received(&c.in, whole)
	})
}

// SayGoodbye makes the client leave. It may be called again. It does not wait for a
// client that does not read: its goroutine then ends with the connection. A client
// that does not answer the PING is waited for, unless HurryGoodbye is called.
func (c *Conn) SayGoodbye() { c.goodbye.say() }

// HurryGoodbye is SayGoodbye for a server that stops: a client gets pongTimeout at
// most.
func (c *Conn) HurryGoodbye() {
	c.goodbye.say()
	time.AfterFunc(pongTimeout, c.goodbye.hasAsked)
}

// EndIfDone ends the connection if the client can have no further request on its
// way. It is called when no stream is open any more.
func (c *Conn) EndIfDone() { c.goodbye.endIfDone() }

// ResetStalled resets streams that have stalled. It is called once in each scan. It
// returns how many streams it resets; cut is true if the connection must be cut,
// because no reset gets through.
func (c *Conn) ResetStalled() (streams int, cut bool) {
	return c.flow.resetStalled(c.client.Talks.Load() > 0)
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(d time.Time) error { return c.flow.setReadDeadline(d) }
