package conns

import "net"

// Phase is where a connection is. net/http drives it without knowing: through the
// deadlines it sets, the reads it makes and its ConnState hook, all from the
// goroutine that serves the connection.
//
//	         first byte          hook StateIdle        idle deadline set
//	fresh ───────────────► busy ───────────────► ending ────────────────► idle
//	  │                    ▲ ▲                                              │
//	  │ Read               │ └── header deadline set, or bytes in the buffer┤
//	  ▼                    │                                                │ Read
//	parked ────────────────┘ ◄──────────────────────────────────────────────┘
//	  │  ▲  first byte
//	  │  │ bytes in the socket after all
//	  ▼  │
//	woken ───► closed: the drain looked, and nothing had come
//
// In fresh and idle no byte of the next request has been consumed. That makes it
// safe to close the connection, or to give it away: from these two and from woken
// it goes to moved while a successor takes over, and to handed when net/http has
// released it. In the same way it goes to resting, and from there to fresh. Only
// the step from parked to woken is taken by another goroutine.
type Phase = uint32

// The phases.
const (
	Fresh Phase = iota
	Busy
	Ending
	Idle
	Parked
	Woken
	Moved
	Handed
	Resting
)

// errLeft ends the Read of a connection that the drain closes. To net/http a
// timeout means that the client went away: it neither answers nor logs.
var errLeft net.Error = leftError{}

type leftError struct{}

func (leftError) Error() string   { return "connection closed while idle: the server is stopping" }
func (leftError) Timeout() bool   { return true }
func (leftError) Temporary() bool { return false }

// errMoved ends the Read of a connection that leaves net/http in the same way.
var errMoved net.Error = movedError{}

type movedError struct{ leftError }

func (movedError) Error() string { return "connection moved to the successor" }
