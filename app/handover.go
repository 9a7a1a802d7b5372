package app

import (
	"context"
	"errors"
	"net"
	"time"
)

// How connections move from one generation to the next. The module that
// carries out upgrades owns the way between the processes; servers own their
// connections. They meet here and do not know one another.

// Successor is the new process, as a server of the old one sees it.
type Successor interface {
	// Hand passes on a connection of the named server, a *net.TCPConn, a
	// *net.UnixConn or an Unopened, at which no byte of a request has been read. It
	// does not block. Exactly once, on another goroutine, done is called: with true
	// when the successor serves it, and the caller closes its copy; with false
	// when it does not and never will, and the caller goes on serving it.
	// Until then, which may be until the successor is in charge, c must not be
	// touched.
	Hand(server string, c net.Conn, done func(taken bool))
}

// Mover is a server that can move its connections to a successor.
type Mover interface {
	// Move pauses accepting (the listener stays open) and hands on every
	// connection at the moment when it waits between two requests; busy ones
	// follow when their response is written. It returns when no connection is
	// left that could be handed on at once, or when ctx ends, with an error if
	// the server cannot move any. It does not wait for what becomes of them.
	// Until Resume, or the end of the server, whatever becomes idle later is
	// handed on as well.
	Move(ctx context.Context, to Successor) error
	// Resume undoes Move: the server accepts again and keeps its connections.
	Resume()
}

// KeptMover is what a Mover may be as well: it counts the connections that it moves
// in the middle of a request. Its methods may be called at any time.
type KeptMover interface {
	Mover
	// Kept returns what became of them in the last move, or in that under way.
	Kept() Kept
	// LongestPause is that of those which a predecessor has handed on.
	LongestPause() time.Duration
}

// HandoverSource is what Sockets may be as well: the receiving end of a move.
type HandoverSource interface {
	// HandedOver returns a listener whose Accept returns the connections of the
	// named server that a predecessor hands on, until it hands on no more and
	// Accept returns net.ErrClosed. It is nil when there is no predecessor.
	HandedOver(server string) net.Listener
}

// A connection that is handed over may be in the middle of something: bytes were
// read from it and not consumed, and the server knows more of it than its socket
// does. Both go along.

// Limits of what goes along with one connection, in bytes.
const (
	MaxRest  = 64 << 10
	MaxState = 256 << 10
)

// ErrTooMuch is the error of a connection with more than MaxRest or MaxState.
var ErrTooMuch = errors.New("more goes along with the connection than the limit allows")

// HandedConn is a connection with what goes along with it when it is handed over.
// The old process fills Conn, Kind, Rest and State in; in the new one it is what
// Accept returns, and Read returns Rest before it reads from Conn.
type HandedConn struct {
	// Conn is the socket, a *net.TCPConn or a *net.UnixConn.
	net.Conn
	// Kind names the format of State, and what the connection speaks: the new
	// process gets only kinds that its server has announced. A format that changes
	// gets a new name, "line/2" for "line/1". It is not empty, and at most 255
	// bytes long.
	Kind string
	// Rest are bytes that were read from Conn and not consumed.
	Rest []byte
	// State is what the server knows of the connection, in its own format.
	State []byte

	// Late says that the connection has come after those that were handed over at
	// once: what these have sent one another meanwhile it has missed.
	Late bool
	// Together is how many connections of this Kind the server got at once, this
	// one included; 0 if Late. A server whose connections talk to one another
	// may wait until it has accepted them all.
	Together int
}

// Read returns what is left of Rest, and then reads from Conn.
func (c *HandedConn) Read(b []byte) (int, error) {
	if len(c.Rest) == 0 {
		return c.Conn.Read(b)
	}
	n := copy(b, c.Rest)
	clear(c.Rest[:n])
	c.Rest = c.Rest[n:]
	return n, nil
}

// Clear overwrites Rest and State with zeros and forgets them: they may hold
// secrets. Nothing else holds them in this process: what the connection between
// the processes carries is overwritten as well.
func (c *HandedConn) Clear() {
	clear(c.Rest)
	clear(c.State)
	c.Rest, c.State = nil, nil
}

// Unopened is a connection that was handed over between two requests and that Go
// knows nothing of yet: a descriptor and no more. So it costs little while nothing
// comes. Of net.Conn it has Close alone; the other methods panic. One goroutine at
// a time uses it.
type Unopened interface {
	net.Conn
	// Descriptor is that of the socket, which does not block. It may be waited for.
	Descriptor() int
	// Open returns the connection, a *net.TCPConn or a *net.UnixConn, to which the
	// descriptor belongs from then on. It fails, and may be repeated, where this
	// process may hold no more files.
	Open() (net.Conn, error)
}

// StateSuccessor is what a Successor may be as well: one that takes connections
// with what goes along with them.
type StateSuccessor interface {
	Successor
	// Takes reports whether the server of that name, in the new process, takes
	// connections of that kind; one of an older release takes none.
	Takes(server, kind string) bool
	// HandWith is Hand for a connection that something goes along with. Rest and
	// State must not change until done is called; from then on they are the
	// caller's again. With an error, which wraps ErrTooMuch if it is about the
	// limits, done is not called and nothing has happened.
	HandWith(server string, c *HandedConn, done func(taken bool)) error
}

// StateSource is what Sockets may be as well: the receiving end of HandWith.
type StateSource interface {
	HandoverSource
	// HandedOverWith is HandedOver for a server that takes connections in the
	// middle of something. Accept returns a *HandedConn for those with a kind, and
	// what HandedOver would for the others. It is to be called once for a server,
	// before the process is ready.
	HandedOverWith(server string, o HandoverOptions) net.Listener
}

// HandoverOptions says which connections a server takes from a predecessor.
type HandoverOptions struct {
	// Kinds are those that HandWith may send. The empty kind stands for the
	// connections of Hand, between two requests, with nothing that goes along.
	Kinds []string
	// Check, if it is not nil, refuses a connection with an error: the old process
	// then goes on with it. It is called before the new process is in charge, and
	// must neither block nor touch the socket, which the old one may take back.
	Check func(c *HandedConn) error
	// Unopened lets Accept return the connections of Hand as Unopened ones.
	Unopened bool
}
