package httpserver

import (
	"log/slog"
	"net/http"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// ErrMoving ends the reads of a WebSocket that is to move to the successor. The
// libraries return it, most of them wrapped.
var ErrMoving = stream.ErrMoving

// Passage is the way of one long request from a process to its successor. Its
// methods may be called by any goroutine, also when the connection cannot move;
// none blocks but where it says so.
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
// together reads a message before all of them have begun to read, so a message
// that one sends is heard by all. See the examples.
//
// The connection stays, and is drained as any other, if it is one of HTTP/2, or
// through TLS that does not move (http.tls.move), if the request has a body, if the
// response says how long it is (Content-Length), when a WebSocket is in the middle
// of a message, and when the successor does not know how to take it. At a stop
// nothing moves. A handler uses [OnDrain] or app.Draining for these, as before.
//
// A WebSocket of any library works: what it gets from Hijack shows it one frame at
// a time. Not so a library that polls the descriptor itself. Offers of compression
// are changed so that each message of the client is compressed by itself
// (client_no_context_takeover, RFC 7692, 7.1.1.2).
func Keep(r *http.Request) *Passage { return &Passage{conns.Keep(r)} }

// Resumed reports whether a handler of the same request has left the connection
// to this one.
func (p *Passage) Resumed() bool { return p.kept != nil && p.kept.Resumed() }

// State returns what that handler gave to Leave; nil if nothing did.
func (p *Passage) State() []byte {
	if p.kept == nil {
		return nil
	}
	return p.kept.State()
}

// Moving is closed when the connection is to move, before app.Draining is: a
// handler that was busy meanwhile finds both. It is nil, and blocks for ever, if
// the connection cannot move.
func (p *Passage) Moving() <-chan struct{} {
	if p.kept == nil {
		return nil
	}
	return p.kept.Moving()
}

// Leave hands the connection on with state, which is copied and at most 64 KiB
// long. A WebSocket that is to move leaves at once: writes then fail with
// ErrMoving. Another response leaves when its handler has returned, and what the
// handler has written until then goes out first.
//
// Only the first call counts, and none before Moving is closed. A longer state is
// warned of, and the connection stays: its client has to connect again. It waits
// for a Write of the WebSocket that is under way.
//
// A handler without a state need not call it for a WebSocket: a connection that
// is closed after ErrMoving leaves, too.
func (p *Passage) Leave(state []byte) {
	if p.kept != nil {
		p.kept.Leave(state)
	}
}

// OnLeave has save called, once, when a WebSocket that is to move is closed
// before Leave was called, and gives its result to Leave. It is for libraries
// that close the connection themselves when a read ends, such as lxzan/gws. save
// may still write to the WebSocket.
func (p *Passage) OnLeave(save func() []byte) {
	if p.kept != nil {
		p.kept.OnLeave(save)
	}
}

// Late reports whether the connection has come after others that moved together:
// what they sent one another meanwhile it has missed.
func (p *Passage) Late() bool { return p.kept != nil && p.kept.Late() }

// stateTooLong warns of a handler whose connection cannot move.
func (s *Server) stateTooLong(n int) {
	s.app.Note(app.Note{
		Level: slog.LevelWarn,
		Text:  "a connection stays, because its handler gave Leave more than can go along",
		Attrs: []slog.Attr{slog.String("server", s.name), slog.Int("bytes", n), slog.Int("limit", stream.MaxState)},
	})
}
