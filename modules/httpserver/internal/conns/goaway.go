package conns

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// GoAway lets an HTTP/2 client leave in two steps (RFC 9113, 6.8). The first GOAWAY
// names the highest stream there can be: open no more, but all that you have opened
// will be answered. A PING follows; once its answer has been processed, so has
// every stream that was on its way. The second GOAWAY names the last of them, and
// when no stream is open any more the connection ends. net/http knows one GOAWAY
// only, and drops what is on its way.
//
// It stands between net/http's HTTP/2 and the connection, follows the frames that
// pass, and writes its own between two of net/http's.
type GoAway struct {
	net.Conn
	tracked *Tracked
	begun   atomic.Bool

	writing sync.Mutex // guards what follows, and keeps frames whole
	out     h2frame.Parser
	settled bool // the first SETTINGS are out; nothing may come before them
	due     bool // the first GOAWAY is to be written at the end of a frame

	in   h2frame.Parser // belongs to the goroutine of net/http that reads, like answer
	last atomic.Uint32  // the last stream that the client has opened

	answer  bool // the frame that is being read answers a PING
	pong    bool // it answered ours
	allRead atomic.Bool
	ended   atomic.Bool
}

// NewGoAway returns the connection through which HTTP/2 is to be served on nc. t is
// what is known of the socket below.
func NewGoAway(nc net.Conn, t *Tracked) *GoAway { return &GoAway{Conn: nc, tracked: t} }

func (g *GoAway) state() *Tracked    { return g.tracked }
func (g *GoAway) aboveTLS() net.Conn { return g.Conn }

// Times for clients that do not do their part: answer a PING, and close a
// connection on which all is said.
const (
	pongTimeout  = 3 * time.Second
	leaveTimeout = time.Second
)

// Write implements net.Conn.
func (g *GoAway) Write(p []byte) (int, error) {
	g.writing.Lock()
	defer g.writing.Unlock()
	n, err := g.Conn.Write(p)
	g.out.Feed(p[:n], func() { g.settled = g.settled || g.out.Type() == h2frame.Settings })
	if err == nil && g.due {
		g.writeFirstLocked()
	}
	return n, err
}

// Begin makes the client leave. It may be called again, and does not wait for a
// client that does not read: its goroutine then ends with the connection.
func (g *GoAway) Begin() {
	if !g.begun.Swap(true) {
		go g.first()
	}
}

// first is the first step.
func (g *GoAway) first() {
	g.writing.Lock()
	defer g.writing.Unlock()
	g.due = true
	g.writeFirstLocked()
}

func (g *GoAway) writeFirstLocked() {
	if !g.due || !g.settled || !g.out.Whole() {
		return
	}
	g.due = false
	time.AfterFunc(pongTimeout, g.hasAsked)
	_, _ = g.Conn.Write(h2frame.AppendPing(h2frame.AppendGoAway(nil, h2frame.EveryStream)))
}

// Read implements net.Conn. It gets exactly what net/http asks for: the head of a
// frame, then its payload, then the next when that has been processed. So when it
// asks again after the answer to our PING, all that came before has been processed.
func (g *GoAway) Read(p []byte) (int, error) {
	if g.pong {
		g.pong = false
		g.hasAsked()
	}
	n, err := g.Conn.Read(p)
	if g.answer && string(p[:n]) == h2frame.PingData {
		g.pong = true
	}
	g.answer = false
	g.in.Feed(p[:n], func() {
		switch g.in.Type() {
		case h2frame.Headers:
			g.last.Store(max(g.last.Load(), g.in.Stream()))
		case h2frame.Ping:
			g.answer = g.in.Flags()&h2frame.FlagAck != 0
		}
	})
	return n, err
}

// hasAsked says that every stream that the client has opened has been processed, or
// will not be waited for.
func (g *GoAway) hasAsked() {
	g.allRead.Store(true)
	g.endIfDone()
}

// endIfDone is the second step. The client has everything then and closes; one that
// does not is helped.
func (g *GoAway) endIfDone() {
	if !g.allRead.Load() || g.tracked.streams.Load() || g.ended.Swap(true) {
		return
	}
	time.AfterFunc(leaveTimeout, func() { _ = g.Conn.Close() })
	go func() { // the caller is net/http, which must not wait for a write
		g.writing.Lock()
		defer g.writing.Unlock()
		if g.out.Whole() {
			_, _ = g.Conn.Write(h2frame.AppendGoAway(nil, g.last.Load()))
		}
	}()
}
