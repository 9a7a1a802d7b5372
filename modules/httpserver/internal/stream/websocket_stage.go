package stream

import "errors"

// ErrMoving ends the reads of a connection that is to leave.
var ErrMoving = errors.New("httpserver: the connection moves to the successor")

// Stand is where a WebSocket stands between its client and its handler.
type Stand int

const (
	// Held: the handler waits in Read, and no message has begun.
	Held Stand = iota
	// Busy: no message has begun, and the handler is elsewhere.
	Busy
	// Partial: the handler has a part of a message; the client owes the rest.
	Partial
	// Final: it will not leave. One side has sent a close frame, or has broken the
	// protocol.
	Final
)

// Events are the callbacks of a WebSocket to its owner. None is called with a lock
// held that a method of the WebSocket takes, unless its comment says so.
type Events struct {
	// Arrive is called by the first Read and may block it. It must return when hold
	// is closed, which is the next attempt to leave.
	Arrive func(hold <-chan struct{})
	// Pending reports whether the connection below has read something that it has
	// not returned. Nothing reads from it during the call. Pending is nil if the
	// connection below has no buffer.
	Pending func() bool
	// Move is called once, before reads begin to end with ErrMoving. It must not
	// call the WebSocket.
	Move func()
	// Closing is called by Close if the connection could leave. If it returns true,
	// the connection has left, and Close does nothing more.
	Closing func() bool
	// End is called once when the connection is closed here.
	End func()
}

// A WebSocket is always in one of these stages.
//
//	       Hold            Go             Leave
//	open ───────► holding ─────► leaving ────────► gone
//	  ▲              │
//	  └──────────────┘ Release
//
// In holding, a reader between two messages waits inside Read, unnoticed by the
// library. In leaving, its Read returns ErrMoving.
type stage int

const (
	open stage = iota
	holding
	leaving
	gone
)
