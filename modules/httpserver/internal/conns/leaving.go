package conns

import (
	"errors"
	"net"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// When a successor takes over, connections of plain HTTP/1 move to it at the moment
// when they wait between two requests. At that moment it is also safe to close
// them, see Phase; bytes that have come but were not read stay in the socket and
// move with it. To net/http a connection that moves looks like one whose client
// went away: its Read ends with errMoved, its Close does nothing, and when net/http
// has released it, in the hook for StateClosed, it is handed off. A connection that
// the successor cannot take is taken back, and served like a new one.

// The kinds of connections in a hand-over, each with the format of its state.
const (
	TLSKind   = "tls/1"   // HTTP/1 over TLS
	HTTP2Kind = "h2tls/1" // HTTP/2 over TLS
)

// takesKept returns the successor if it takes connections while their handlers run,
// or else nil.
func (s *Set) takesKept() app.StateSuccessor {
	m := s.move.Load()
	if m == nil {
		return nil
	}
	return m.kept
}

// canMove reports whether the connection may go to the successor of m at all. The
// caller serves it or holds the mutex of the Set.
func (t *Tracked) canMove(m *move) bool {
	switch t.socket.(type) {
	case *net.TCPConn, *net.UnixConn, app.Unopened:
		own := t.raw == t.socket || t.session != nil && m.secure != nil
		return own && !t.wrapped && !t.belowTLS && !t.stays.Load()
	}
	return false
}

// willMove reports whether the connection goes to the successor when it is between
// two requests.
func (t *Tracked) willMove() bool {
	m := t.set.move.Load()
	return m != nil && t.canMove(m)
}

// moves reports whether the connection, which is between two requests, goes to the
// successor now. quiet is true if a Read has just found nothing.
func (t *Tracked) moves(quiet bool) bool {
	return t.willMove() && (t.session == nil || t.export(quiet))
}

// leftOpen reports whether net/http no longer owns the connection, so that its
// Close must not close it.
func (t *Tracked) leftOpen() bool {
	p := t.phase.Load()
	return p == Moved || p == Handed
}

// stayIfImmovable marks a connection that no successor can take. Its next response
// says goodbye.
func (t *Tracked) stayIfImmovable(m *move) {
	if t.session == nil || m.secure == nil {
		return
	}
	if err := t.session.Movable(); err != nil {
		t.stays.Store(true)
		t.set.stayed.Count(err)
	}
}

// mostBusy is how often something may be under way between two requests.
const mostBusy = 8

// export stores the encoded state of the session for handOffTLS, and reports
// whether there is one. If something is under way, it may be over soon, unless the
// connection is quiet: then it has something that a state cannot describe, such as
// padding, and stays. So does one that is never quiet, for its client sends one
// request after another, if something has been under way [mostBusy] times.
func (t *Tracked) export(quiet bool) bool {
	s, err := t.session.Export()
	if err == nil {
		t.encoded, err = s.Encode()
		s.Wipe()
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, tlsmove.ErrBusy) && quiet && t.session.Partial():
		return false
	case errors.Is(err, tlsmove.ErrBusy) && !quiet && t.busy < mostBusy:
		t.busy++
		return false
	}
	t.stays.Store(true)
	t.set.stayed.Count(err)
	return false
}
