package conns

import (
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// goodbye lets an HTTP/2 client leave in two steps (RFC 9113, 6.8). The first
// GOAWAY names the highest stream there can be: open no more, but all that you have
// opened will be answered. A PING follows; once its answer has been processed, so
// has every stream that was on its way. The second GOAWAY names the last of them,
// and when no stream is open any more the connection ends. net/http knows one
// GOAWAY only, and drops what is on its way.
type goodbye struct {
	begun   atomic.Bool
	due     bool // the first GOAWAY is to be written at the end of a frame; guarded by writing
	pong    bool // the frame that is being read answers our PING
	allRead atomic.Bool
	ended   atomic.Bool
}

// Times for clients that do not do their part: answer a PING, and close a
// connection on which all is said.
const (
	pongTimeout  = 3 * time.Second
	leaveTimeout = time.Second
)

// SayGoodbye makes the client leave. It may be called again, and does not wait for
// a client that does not read: its goroutine then ends with the connection. A
// client that does not answer the PING may take its time, unless hurryGoodbye is
// called.
func (c *HTTP2Conn) SayGoodbye() {
	if c.goodbye.begun.Swap(true) {
		return
	}
	go func() {
		c.writing.Lock()
		defer c.writing.Unlock()
		c.goodbye.due = true
		c.beginGoodbyeLocked()
	}()
}

// hurryGoodbye is SayGoodbye for a server that stops: it waits for pongTimeout
// only.
func (c *HTTP2Conn) hurryGoodbye() {
	c.SayGoodbye()
	time.AfterFunc(pongTimeout, c.hasAsked)
}

// beginGoodbyeLocked is the first step, once it is due.
func (c *HTTP2Conn) beginGoodbyeLocked() {
	if !c.goodbye.due || !c.settled || !c.out.Whole() {
		return
	}
	c.goodbye.due = false
	_, _ = c.Conn.Write(h2frame.AppendPing(h2frame.AppendGoAway(nil, h2frame.EveryStream)))
}

// processed is called when net/http asks for more than it has read of c. If that
// was the answer to our PING, all that came before has been processed, too.
func (g *goodbye) processed(c *HTTP2Conn) {
	if g.pong {
		g.pong = false
		c.hasAsked()
	}
}

// hasAsked says that every stream that the client has opened has been processed, or
// will not be waited for.
func (c *HTTP2Conn) hasAsked() {
	c.goodbye.allRead.Store(true)
	c.endIfDone()
}

// endIfDone is the second step. The client has everything then and closes; one that
// does not is helped.
func (c *HTTP2Conn) endIfDone() {
	if !c.goodbye.allRead.Load() || c.tracked.streams.Load() || c.goodbye.ended.Swap(true) {
		return
	}
	time.AfterFunc(leaveTimeout, c.closeOnceAcked)
	go func() { // the caller is net/http, which must not wait for a write
		c.writing.Lock()
		defer c.writing.Unlock()
		if c.out.Whole() {
			_, _ = c.Conn.Write(h2frame.AppendGoAway(nil, c.last.Load()))
		}
	}()
}

// closeOnceAcked closes the connection when the client has all that was written, so
// that nothing it may send takes that away. While the server drains, it does not
// wait: such a socket is held on to, see holdUnacked.
func (c *HTTP2Conn) closeOnceAcked() {
	if pending, _ := socket.Sending(c.tracked.socket); pending && !c.tracked.set.draining.Load() {
		time.AfterFunc(leaveTimeout, c.closeOnceAcked)
		return
	}
	_ = c.Conn.Close()
}
