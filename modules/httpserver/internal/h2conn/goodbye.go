package h2conn

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
	w       *writer
	client  *Client
	last    atomic.Uint32 // the last stream that the client has opened
	begun   atomic.Bool
	due     bool // the first GOAWAY is to be written at the end of a frame; guarded by w.mu
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

func (g *goodbye) say() {
	if g.begun.Swap(true) {
		return
	}
	go func() {
		g.w.mu.Lock()
		defer g.w.mu.Unlock()
		g.due = true
		g.beginLocked()
	}()
}

// beginLocked is the first step, once it is due.
func (g *goodbye) beginLocked() {
	if g.due && g.w.settled && g.w.betweenLocked() {
		g.due = false
		g.w.insertLocked(h2frame.AppendPing(h2frame.AppendGoAway(nil, h2frame.EveryStream)))
	}
}

// processed is called when net/http asks for more than it has read. If that was the
// answer to our PING, all that came before has been processed, too.
func (g *goodbye) processed() {
	if g.pong {
		g.pong = false
		g.hasAsked()
	}
}

// hasAsked says that every stream that the client has opened has been processed, or
// will not be waited for.
func (g *goodbye) hasAsked() {
	g.allRead.Store(true)
	g.endIfDone()
}

// endIfDone is the second step. The client has everything then and closes; one that
// does not is helped.
func (g *goodbye) endIfDone() {
	if !g.allRead.Load() || g.client.Streams.Load() || g.ended.Swap(true) {
		return
	}
	time.AfterFunc(leaveTimeout, g.closeOnceAcked)
	go func() { // the caller is net/http, which must not wait for a write
		g.w.mu.Lock()
		defer g.w.mu.Unlock()
		g.w.insertLocked(h2frame.AppendGoAway(nil, g.last.Load()))
	}()
}

// closeOnceAcked closes the connection when the client has all that was written, so
// that nothing it may send takes that away. While the server drains, it does not
// wait: such a socket is held on to.
func (g *goodbye) closeOnceAcked() {
	if pending, _ := socket.Sending(g.client.Socket); pending && !g.client.Draining.Load() {
		time.AfterFunc(leaveTimeout, g.closeOnceAcked)
		return
	}
	_ = g.w.conn.Close()
}
