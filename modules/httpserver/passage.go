package httpserver

import (
	"log/slog"
	"net/http"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// ErrMoving ends the reads of a WebSocket that is to move to the successor.
// WebSocket libraries return it, most of them wrapped.
var ErrMoving = stream.ErrMoving

// Passage is the handle of a handler whose long request may move to the successor.
// Its methods may be called by any goroutine, also when the connection cannot move;
// none blocks unless its comment says so.
type Passage struct{ kept *conns.Kept }

// Keep lets the connection of r move to the successor, at an upgrade, while its
// handler runs. It is for responses that last: WebSockets, event streams, long
// polls. A handler calls it before the response begins; a second call returns
// the same way.
//
// When the connection is to move, reads of a WebSocket end with [ErrMoving] and
// Moving is closed. The handler then calls Leave with what its successor needs to
// know, and returns. In the new process the handler is called again with the
// same request, through the same routes and middleware; Resumed and State tell
// it where to go on. Its client sees one unbroken response: the head that the
// new handler writes is compared with the one that the client has, and not sent.
//
// What the process keeps in memory for many connections, such as a hub of a chat,
// need not move: each handler joins the new hub again. None of those that moved
// together reads a message before all of them have begun to read, for two seconds
// at most, so a message that one sends is heard by all. See the examples.
//
// The connection stays, and is drained like any other, if it is an HTTP/2
// connection or a TLS connection that does not move (http.tls.move), if the request
// has a body, if the response has a Content-Length, if a WebSocket is in the middle
// of a message, and if the successor does not know how to take it. At a stop
// nothing moves. For these cases a handler uses [OnDrain] or app.Draining, as
// before.
//
// WebSockets of any library work, since the connection from Hijack shows one frame
// at a time; only a library that polls the descriptor itself does not. Offers of
// compression are changed so that each message of the client is compressed by
// itself (client_no_context_takeover, RFC 7692, 7.1.1.2).
func Keep(r *http.Request) *Passage { return &Passage{conns.Keep(r)} }

// Resumed reports whether an earlier handler of the same request has left the
// connection to this one.
func (p *Passage) Resumed() bool { return p.kept != nil && p.kept.Resumed() }

// State returns what the earlier handler gave to Leave, or nil.
func (p *Passage) State() []byte {
	if p.kept == nil {
		return nil
	}
	return p.kept.State()
}

// Moving returns a channel that is closed when the connection is to move, before
// app.Draining is: a handler that was busy finds both closed. The channel is nil,
// and so never ready, if the connection cannot move.
func (p *Passage) Moving() <-chan struct{} {
	if p.kept == nil {
		return nil
	}
	return p.kept.Moving()
}

// Leave hands the connection over with state, which is copied and at most 64 KiB
// long. A WebSocket that is to move leaves at once: writes then fail with
// ErrMoving. Any other response leaves when its handler has returned, after what
// the handler has written until then.
//
// Only the first call after Moving is closed counts. With a longer state the
// connection stays, with a warning, and its client has to connect again. Leave
// blocks while a Write of the WebSocket is under way. The client of a WebSocket
// whose handler panics instead of leaving gets 1012, service restart.
//
// A handler without a state need not call it for a WebSocket: a connection that is
// closed after ErrMoving leaves too.
func (p *Passage) Leave(state []byte) {
	if p.kept != nil {
		p.kept.Leave(state)
	}
}

// OnLeave registers save for a WebSocket that is to move and is closed before Leave
// was called: save is then called once, and its result goes to Leave. It is for
// libraries that close the connection themselves when a read ends, such as
// lxzan/gws. save may still write to the WebSocket.
func (p *Passage) OnLeave(save func() []byte) {
	if p.kept != nil {
		p.kept.OnLeave(save)
	}
}

// Late reports whether the connection has come after others that moved together: it
// has missed what they sent one another in the meantime.
func (p *Passage) Late() bool { return p.kept != nil && p.kept.Late() }

// stateTooLong warns of a handler whose connection cannot move because of its
// state.
func (s *Server) stateTooLong(n int) {
	s.app.Note(app.Note{
		Level: slog.LevelWarn,
		Text:  "a connection stays, because its handler gave Leave more than can go with it",
		Attrs: []slog.Attr{slog.String("server", s.name), slog.Int("bytes", n), slog.Int("limit", stream.MaxState)},
	})
}
