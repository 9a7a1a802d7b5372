package conns

import (
	"net"
	"sync"
	"sync/atomic"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// HTTP2Conn stands between net/http's HTTP/2 and the connection. It follows the
// frames that pass, and writes frames between two of net/http's.
type HTTP2Conn struct {
	net.Conn
	tracked *Tracked
	goodbye goodbye
	flow    flow

	writing sync.Mutex // guards what follows, and keeps frames whole
	out     h2frame.Parser
	settled bool // the first SETTINGS are out; nothing may come before them

	// What follows belongs to the goroutine of net/http that reads.
	preface int // bytes of it that are to come
	in      h2frame.Parser
	unit    h2frame.Unit // of the frame that is being read
	reset   reset
	last    atomic.Uint32 // the last stream that the client has opened; read by others
}

// NewHTTP2Conn returns the connection through which HTTP/2 is to be served on nc,
// from the preface on. t is what is known of the socket below.
func NewHTTP2Conn(nc net.Conn, t *Tracked) *HTTP2Conn {
	c := followFrames(nc, t)
	c.preface = len(h2frame.Preface)
	return c
}

// followFrames is NewHTTP2Conn for a connection whose preface has been read.
func followFrames(nc net.Conn, t *Tracked) *HTTP2Conn {
	c := &HTTP2Conn{Conn: nc, tracked: t}
	c.flow.windows = h2frame.NewWindows()
	return c
}

func (c *HTTP2Conn) state() *Tracked    { return c.tracked }
func (c *HTTP2Conn) aboveTLS() net.Conn { return c.Conn }

// Write implements net.Conn.
func (c *HTTP2Conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	n, err := c.Conn.Write(p)
	c.out.Feed(p[:n], c.headWritten, nil)
	if err == nil {
		c.beginGoodbyeLocked()
	}
	return n, err
}

// headWritten is called when the head of a frame has been written.
func (c *HTTP2Conn) headWritten() {
	c.settled = c.settled || c.out.Type() == h2frame.Settings
	c.flow.mu.Lock()
	defer c.flow.mu.Unlock()
	c.flow.windows.Sent(&c.out)
}

// Read implements net.Conn. It gets exactly what net/http asks for: the head of a
// frame, then its payload, then the next when that has been processed.
func (c *HTTP2Conn) Read(p []byte) (int, error) {
	c.goodbye.processed(c)
	n := c.readReset(p)
	if n > 0 {
		return n, nil
	}
	n, err := c.Conn.Read(p)
	for n == 0 && c.woken(err) {
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

// headRead is called when the head of a frame has been read.
func (c *HTTP2Conn) headRead() {
	c.unit.Begin(&c.in)
	switch stream := c.in.Stream(); c.in.Type() {
	case h2frame.Headers:
		if stream > c.last.Load() { // no trailers
			c.opened(stream)
		}
	case h2frame.ResetStream:
		c.flow.mu.Lock()
		c.flow.windows.Closed(stream)
		c.flow.mu.Unlock()
	}
}

// opened is called when the client has opened a stream.
func (c *HTTP2Conn) opened(stream uint32) {
	c.last.Store(stream)
	c.flow.mu.Lock()
	c.flow.windows.Opened(stream)
	c.flow.mu.Unlock()
	c.tracked.life.Requests.Add(1)
	if c.tracked.goodbye != nil && c.tracked.life.Over() {
		c.SayGoodbye()
	}
}

// payloadRead is called with what follows the head of a frame.
func (c *HTTP2Conn) payloadRead(b []byte) {
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

// noPreface is the state of a connection on which no preface of HTTP/2 is awaited.
const noPreface = -1

// lookForPreface is given what the client sends, as net/http reads it, until it is
// known to speak HTTP/2 without TLS or not. net/http reads the preface and no byte
// more; where it does not, frames cannot be followed from there on, and the goodbye
// is net/http's.
func (t *Tracked) lookForPreface(p []byte) {
	if t.preface == noPreface || len(p) == 0 {
		return
	}
	rest := h2frame.Preface[t.preface:]
	n := min(len(p), len(rest))
	switch {
	case string(p[:n]) != rest[:n]:
		t.preface = noPreface
	case n < len(rest):
		t.preface += int8(n)
	default:
		t.preface = noPreface
		if t.set.http2.followed && n == len(p) {
			t.inPlace = followFrames(t.raw, t)
		}
		t.set.BecomeHTTP2(t, t.inPlace, t.set.http2.twoStep)
	}
}
