package h2move

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// Conn is a connection of HTTP/2 that can leave. One goroutine may read while
// another writes, as on any net.Conn.
type Conn struct {
	net.Conn
	input  // belongs to the goroutine that reads
	output // guarded by writing

	phase    atomic.Uint32
	waking   sync.Mutex // guards deadline, and the step to woken until its deadline is set
	deadline time.Time  // of the server's reads

	writing sync.Mutex // keeps frames whole

	mu     sync.Mutex // guards what follows; not held while anything blocks
	facts  facts
	leave  Leave     // nil: no move is going on, or not for it
	stays  bool      // it has something that a state cannot describe
	begun  time.Time // when it was to leave
	more   sync.Cond // of mu: the window is larger, or closed
	closed bool
}

// Leave is called between two frames, when nothing is under way, and decides
// whether the connection leaves with the state. It must not block, nor call methods
// of the Conn. quiet says that a Read has just found nothing.
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
	woken  // a deadline in the past makes it look whether it may leave
	left
)

// New returns a Conn for a client that begins on nc or, if from is not nil, has
// begun elsewhere.
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

// Begin makes the connection leave as soon as it can. It does not block.
func (c *Conn) Begin(leave Leave) {
	c.mu.Lock()
	c.leave, c.begun = leave, time.Now()
	c.mu.Unlock()
	go c.ask() // whose client may not read
}

// End makes it stay. It does not block.
func (c *Conn) End() {
	c.mu.Lock()
	c.leave = nil
	c.mu.Unlock()
	go c.ask()
}

// Wake makes a connection on which nothing is under way look whether it may leave,
// and reports whether that is to be expected at once.
func (c *Conn) Wake() (soon bool) {
	c.mu.Lock()
	idle := c.leave != nil && !c.stays && len(c.facts.open) == 0
	soon = idle && c.facts.table == emptied && time.Since(c.begun) < holdTime
	c.mu.Unlock()
	if !idle {
		return false
	}
	c.waking.Lock()
	defer c.waking.Unlock()
	if c.phase.CompareAndSwap(parked, woken) {
		_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
	}
	return soon
}

// holdTime bounds how long one connection may hold up a hand-over: others, which
// have left, wait for its end. It can leave after that as well.
const holdTime = 50 * time.Millisecond

// Waits says for what the connection waits that has not left: "streams" or
// "settings".
func (c *Conn) Waits() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.facts.table != emptied {
		return "settings"
	}
	return "streams"
}

// unpark ends the wait, and reports whether Wake has ended it.
func (c *Conn) unpark() bool {
	if c.phase.CompareAndSwap(parked, busy) || c.phase.Load() != woken {
		return false
	}
	c.waking.Lock()
	defer c.waking.Unlock()
	c.phase.Store(busy)
	_ = c.Conn.SetReadDeadline(c.deadline)
	return true
}

// tryLeave reports whether the connection has left.
func (c *Conn) tryLeave(quiet bool) bool {
	if !c.writing.TryLock() {
		return false // something is under way
	}
	defer c.writing.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave == nil || c.stays || !c.output.whole() || !c.facts.still() {
		return false
	}
	switch c.leave(c.facts.state.clone(), quiet) {
	case Never:
		c.leave = nil
	case Leaves:
		c.waking.Lock() // no deadline is set any more
		defer c.waking.Unlock()
		c.phase.Store(left)
		return true
	}
	return false
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

// input is what the goroutine that reads knows.
type input struct {
	head    [h2frame.HeadSize]byte
	have    int    // bytes of head
	pending []byte // for the server, before the rest
	control []byte // a frame that is read whole before it is passed on
	filled  int    // bytes of control
	left    int    // bytes that are passed on as they come
}

// Read implements net.Conn. After an error that says that a deadline has passed it
// goes on where it was.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		if len(c.pending) > 0 {
			n := copy(p, c.pending)
			c.pending = c.pending[n:]
			return n, nil
		}
		if c.input.left > 0 {
			n, err := c.Conn.Read(p[:min(len(p), c.input.left)])
			c.input.left -= n
			return n, err
		}
		if len(c.control) == 0 {
			if err := c.readHead(); err != nil {
				return 0, err
			}
			c.frame()
		}
		if err := c.fillControl(); err != nil {
			return 0, err
		}
	}
}

// readHead reads the head of a frame. Before its first byte the connection can
// leave.
func (c *Conn) readHead() error {
	for c.have < len(c.head) {
		if c.have == 0 {
			c.phase.Store(parked)
			if c.tryLeave(false) {
				return io.EOF
			}
		}
		n, err := c.Conn.Read(c.head[c.have:])
		c.have += n
		wasWoken := c.unpark()
		switch {
		case err == nil:
		case !wasWoken || !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case c.have == 0 && c.tryLeave(true):
			return io.EOF
		}
	}
	c.have = 0
	return nil
}
