package app

import (
	"context"
	"errors"
	"net"
	"time"
)

// How connections move from one generation to the next. The module that carries out
// upgrades owns the channel between the processes; servers own their connections.
// They meet here and do not import one another.

// Successor is the new process, as a server of the old one sees it.
type Successor interface {
	// Hand passes on a connection of the named server, a *net.TCPConn, a
	// *net.UnixConn or an Unopened, from which no byte of a request has been read.
	// It does not block. done is called exactly once, on another goroutine: with
	// true when the successor serves the connection, and the caller closes its
	// copy; with false when it does not and never will, and the caller goes on
	// serving it. Until then, which may be until the successor is in charge, c must
	// not be touched.
	Hand(server string, c net.Conn, done func(taken bool))
}

// Mover is a server that can move its connections to a successor.
type Mover interface {
	// Move pauses accepting (the listener stays open) and hands over every
	// connection that waits between two requests; busy ones follow when their
	// response is written. It returns when no connection is left that could be
	// handed over at once, or when ctx ends, with an error if the server cannot
	// move any. It does not wait for the outcome. Until Resume, or the end of the
	// server, connections that become idle later are handed over as well.
	Move(ctx context.Context, to Successor) error
	// Resume undoes Move: the server accepts again and keeps its connections.
	Resume()
}

// KeptMover is a Mover that counts the connections it moves in the middle of a
// request. A Mover need not implement it. Its methods may be called at any time.
type KeptMover interface {
	Mover
	// Kept returns what became of them in the last move, or in the one under way.
	Kept() Kept
	// LongestPause is the longest pause of those that a predecessor has handed
	// over.
	LongestPause() time.Duration
}

// HandoverSource is the receiving end of a move. Sockets may implement it.
type HandoverSource interface {
	// HandedOver returns a listener whose Accept returns the connections of the
	// named server that a predecessor hands over. When no more can come, Accept
	// returns net.ErrClosed. The listener is nil when there is no predecessor.
	HandedOver(server string) net.Listener
}

// A connection that is handed over may be in the middle of something: bytes were
// read from it and not consumed, and the server has state that the socket does not
// have. Both go with it.

// Limits of what goes with one connection, in bytes.
const (
	MaxUnread = 64 << 10
	MaxState  = 256 << 10
)

// ErrTooMuch is the error of a connection with more than MaxUnread or MaxState.
var ErrTooMuch = errors.New("more goes with the connection than the limit allows")

// HandedConn is a connection with what goes with it when it is handed over. The old
// process fills in Conn, Kind, Unread and State. In the new process Accept returns
// it, and Read returns Unread before it reads from Conn.
type HandedConn struct {
	// Conn is the socket, a *net.TCPConn or a *net.UnixConn.
	net.Conn
	// Kind names the format of State and the protocol of the connection: the new
	// process gets only kinds that its server has announced. A format that changes
	// gets a new name, "line/2" for "line/1". It is not empty, and at most 255
	// bytes long.
	Kind string
	// Unread are bytes that were read from Conn and not consumed.
	Unread []byte
	// State is what the server knows of the connection, in its own format.
	State []byte

	// Late is true if the connection has come after those that were handed over at
	// once: it has missed what they sent one another in the meantime.
	Late bool
	// Together is how many connections of this Kind the server got at once, this
	// one included; 0 if Late. A server whose connections talk to one another
	// may wait until it has accepted them all.
	Together int
}

// Read returns what is left of Unread, and then reads from Conn.
func (c *HandedConn) Read(b []byte) (int, error) {
	if len(c.Unread) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.Unread)
	clear(c.Unread[:n])
	c.Unread = c.Unread[n:]
	return n, nil
}

// Clear overwrites Unread and State with zeros and drops them: they may hold
// secrets. Nothing else in this process holds them: the buffers of the channel
// between the processes are overwritten as well.
func (c *HandedConn) Clear() {
	clear(c.Unread)
	clear(c.State)
	c.Unread, c.State = nil, nil
}

// Unopened is a connection that was handed over between two requests and that is
// not yet a Go connection, only a descriptor. So it costs little while it is idle.
// Of the methods of net.Conn only Close works; the others panic. It is not safe for
// concurrent use.
type Unopened interface {
	net.Conn
	// Descriptor returns the descriptor of the socket, which is non-blocking and
	// may be polled.
	Descriptor() int
	// Open returns the connection, a *net.TCPConn or a *net.UnixConn, to which the
	// descriptor belongs from then on. It fails, and may be repeated, where this
	// process may hold no more files.
	Open() (net.Conn, error)
}

// StateSuccessor is a Successor that takes connections together with their state. A
// Successor need not implement it.
type StateSuccessor interface {
	Successor
	// Takes reports whether the server of that name, in the new process, takes
	// connections of that kind; one of an older release takes none.
	Takes(server, kind string) bool
	// HandWith is Hand for a connection with state. Unread and State must not
	// change until done is called; from then on they are the caller's again. If
	// HandWith returns an error, which wraps ErrTooMuch if it is about the limits,
	// done is not called and nothing has happened.
	HandWith(server string, c *HandedConn, done func(taken bool)) error
}

// StateSource is the receiving end of HandWith. Sockets may implement it.
type StateSource interface {
	HandoverSource
	// HandedOverWith is HandedOver for a server that takes connections in the
	// middle of something. Accept returns a *HandedConn for those with a kind, and
	// what HandedOver would for the others. It must be called once for a server,
	// before the process is ready.
	HandedOverWith(server string, o HandoverOptions) net.Listener
}

// HandoverOptions says which connections a server takes from a predecessor.
type HandoverOptions struct {
	// Kinds are the kinds that HandWith may send. The empty kind stands for the
	// connections of Hand, which are between two requests and have no state.
	Kinds []string
	// Check, if it is not nil, refuses a connection with an error: the old process
	// then goes on with it. It is called before the new process is in charge, and
	// must neither block nor touch the socket, which the old one may take back.
	Check func(c *HandedConn) error
	// Unopened lets Accept return the connections of Hand as Unopened ones.
	Unopened bool
}
