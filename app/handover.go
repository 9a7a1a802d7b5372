package app

import (
	"context"
	"net"
	"time"
)

// How connections move from one generation to the next. The module that
// carries out upgrades owns the way between the processes; servers own their
// connections. They meet here and do not know one another.

// Successor is the new process, as a server of the old one sees it.
type Successor interface {
	// Hand passes on a connection of the named server, a *net.TCPConn or a
	// *net.UnixConn, at which no byte of a request has been read. It does not
	// block. Exactly once, on another goroutine, done is called: with true
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
