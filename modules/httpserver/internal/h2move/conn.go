package h2move

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// Conn is an HTTP/2 connection that can leave for another process. One goroutine
// may read while another writes, as on any net.Conn.
type Conn struct {
	net.Conn
	input  // belongs to the goroutine that reads
	output // guarded by writing

	phase    atomic.Uint32
	waking   sync.Mutex // guards deadline, and the step to woken until its deadline is set
	deadline time.Time  // of the server's reads

	writing sync.Mutex // keeps frames whole

	mu     sync.Mutex // guards everything below; not held while anything blocks
	facts  facts
	leave  Leave     // nil: no move is under way, or not for this connection
	stays  bool      // it has something that a state cannot describe
	begun  time.Time // when Begin was called
	more   sync.Cond // of mu: the window has grown, or the connection is closed
	closed bool
}

// Leave decides whether the connection leaves with the state. It is called between
// two frames, when nothing is under way, and must neither block nor call methods of
// the Conn. quiet is true if a Read has just found nothing.
type Leave func(s *State, quiet bool) Decision

// Decision is what Leave decides. Once a connection leaves, its Read returns
// io.EOF, and Write and Close do nothing.
type Decision int

// The decisions.
const (
	NotNow Decision = iota
	Never           // as long as this move lasts
	Leaves
)

// The phases of the goroutine that reads.
const (
	busy   = iota
	parked // waits for the first byte of a frame
	woken  // a deadline in the past makes it check whether it may leave
	left
)

// New returns a Conn for a client that begins on nc or, if from is not nil, has
// begun in another process.
func New(nc net.Conn, from *State) *Conn {
	c := &Conn{Conn: nc}
	c.more.L = &c.mu
	c.facts = facts{state: State{Send: initialWindow, Receive: initialWindow}, open: map[uint32]ends{}}
	if from == nil {
		c.input.left = len(h2frame.Preface)
		c.output.acked = true
		return c
	}
	c.facts.state = *from.clone()
	c.facts.state.Announced = nil
	c.facts.debt = max(0, initialWindow-from.Send)
	c.input.pending = from.opening()
	c.output.gap = initialWindow - from.Receive
	return c
}

// Last returns the last stream that the client has opened.
func (c *Conn) Last() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.facts.state.Last
}

// Left reports whether the connection has left.
func (c *Conn) Left() bool { return c.phase.Load() == left }

// Close implements net.Conn.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.more.Broadcast()
	c.mu.Unlock()
	if c.Left() {
		return nil
	}
	return c.Conn.Close()
}

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(d time.Time) error {
	c.waking.Lock()
	defer c.waking.Unlock()
	c.deadline = d
	if p := c.phase.Load(); p == woken || p == left {
		return nil
	}
	return c.Conn.SetReadDeadline(d)
}

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(d time.Time) error {
	if c.Left() {
		return nil
	}
	return c.Conn.SetWriteDeadline(d)
}

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(d time.Time) error {
	return errors.Join(c.SetReadDeadline(d), c.SetWriteDeadline(d))
}

// input is the state of the goroutine that reads.
type input struct {
	head    [h2frame.HeadSize]byte
	have    int    // bytes of head
	pending []byte // for the server, before the rest
	control []byte // a frame that is read whole before it is passed on
	filled  int    // bytes of control
	left    int    // bytes that are passed on as they come
}

// output is the state of what the server sends.
type output struct {
	frames  h2frame.Parser
	payload []byte // of a frame that is noted with it

	// As long as server and client differ in what they know, frames are held until
	// they are whole, so that they can be corrected.
	held  []byte
	acked bool  // the answer to the opening, which the client has not sent, is dropped
	gap   int64 // by how much the server's window of the connection exceeds the client's
}

func (o *output) whole() bool { return o.frames.Whole() && len(o.held) == 0 && o.acked }
