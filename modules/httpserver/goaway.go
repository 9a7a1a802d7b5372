package httpserver

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// goAwayConn lets an HTTP/2 client leave in two steps (RFC 9113, 6.8). The first GOAWAY names the highest stream there
// can be: open no more, but all that you have opened will be answered. A PING follows; once its answer has been
// processed, so has every stream that was on its way. The second GOAWAY names the last of them, and when no stream is
// open any more the connection ends. net/http knows one GOAWAY only, and drops what is on its way.
//
// It stands between net/http's HTTP/2 and the connection, follows the frames that pass, and writes its own between two
// of net/http's.
type goAwayConn struct {
	net.Conn
	life *life
	told atomic.Bool

	writing sync.Mutex // guards what follows, and keeps frames whole
	out     frames
	settled bool // the first SETTINGS are out; nothing may come before them
	due     bool // the first GOAWAY is to be written at the end of a frame

	in   frames        // belongs to the goroutine of net/http that reads, like answer
	last atomic.Uint32 // the last stream that the client has opened

	answer  bool // the frame that is being read answers a PING
	pong    bool // it answered ours
	allRead atomic.Bool
	ended   atomic.Bool
}

func (c *goAwayConn) tracked() *life { return c.life }

// Times for clients that do not do their part: answer a PING, and close a connection on which all is said.
const (
	pongTimeout  = 3 * time.Second
	leaveTimeout = time.Second
)

func (c *goAwayConn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	n, err := c.Conn.Write(p)
	c.out.feed(p[:n], func() { c.settled = c.settled || c.out.kind() == frameSettings })
	if err == nil && c.due {
		c.sayLocked()
	}
	return n, err
}

// tell makes the client leave. It may be called again, and does not wait for a client that does not read: the goroutine
// then ends with the connection.
func (c *goAwayConn) tell() {
	if !c.told.Swap(true) {
		go c.sayGoodbye()
	}
}

// sayGoodbye begins the first step.
func (c *goAwayConn) sayGoodbye() {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.due = true
	c.sayLocked()
}

func (c *goAwayConn) sayLocked() {
	if !c.due || !c.settled || !c.out.whole() {
		return
	}
	c.due = false
	time.AfterFunc(pongTimeout, c.hasAsked)
	_, _ = c.Conn.Write(ping(goAway(nil, everyStream)))
}

// Read gets exactly what net/http asks for: the head of a frame, then its payload, then the next when that has been
// processed. So when it asks again after the answer to our PING, all that came before has been processed.
func (c *goAwayConn) Read(p []byte) (int, error) {
	if c.pong {
		c.pong = false
		c.hasAsked()
	}
	n, err := c.Conn.Read(p)
	if c.answer && string(p[:n]) == pingData {
		c.pong = true
	}
	c.answer = false
	c.in.feed(p[:n], func() {
		switch c.in.kind() {
		case frameHeaders:
			c.last.Store(max(c.last.Load(), c.in.stream()))
		case framePing:
			c.answer = c.in.flags()&flagAck != 0
		}
	})
	return n, err
}

// hasAsked says that every stream that the client has opened has been processed, or will not be waited for.
func (c *goAwayConn) hasAsked() {
	c.allRead.Store(true)
	c.endIfDone()
}

// endIfDone is the second step. The client has everything then and closes; one that does not is helped.
func (c *goAwayConn) endIfDone() {
	if !c.allRead.Load() || c.life.streams.Load() || c.ended.Swap(true) {
		return
	}
	time.AfterFunc(leaveTimeout, func() { _ = c.Conn.Close() })
	go func() { // the caller is net/http, which must not wait for a write
		c.writing.Lock()
		defer c.writing.Unlock()
		if c.out.whole() {
			_, _ = c.Conn.Write(goAway(nil, c.last.Load()))
		}
	}()
}
