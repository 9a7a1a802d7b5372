package h2conn

import (
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// goodbye lets an HTTP/2 client leave in two steps (RFC 9113, 6.8). The first
// GOAWAY names the highest possible stream: the client opens no more streams, and
// all that it has opened will be answered. A PING follows; once its answer has been
// processed, so has every stream that was on its way. The second GOAWAY names the
// last of them, and the connection ends when no stream is open any more. net/http
// sends only one GOAWAY, and drops what is on its way.
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

// Time limits for clients that do not answer the PING or do not close a connection
// that is done.
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

// processed is called when net/http reads on. If the last frame was the answer to
// our PING, everything before it has been processed too.
func (g *goodbye) processed() {
	if g.pong {
		g.pong = false
		g.hasAsked()
	}
}

// hasAsked records that every stream that the client has opened has been processed,
// or that the wait for them is over.
func (g *goodbye) hasAsked() {
	g.allRead.Store(true)
	g.endIfDone()
}

// endIfDone is the second step. The client then has everything and closes the
// connection; if it does not, the server closes it.
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

// closeOnceAcked closes the connection when the client has acknowledged all that
// was written: a reset, caused by what the client may still send, would discard the
// rest. While the server drains it does not wait, since such a socket is held.
func (g *goodbye) closeOnceAcked() {
	if pending, _ := socket.Sending(g.client.Socket); pending && !g.client.Draining.Load() {
		time.AfterFunc(leaveTimeout, g.closeOnceAcked)
		return
	}
	_ = g.w.conn.Close()
}
