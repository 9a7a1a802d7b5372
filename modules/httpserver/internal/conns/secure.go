package conns

import (
	"errors"
	"maps"
	"net"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// HTTP/1 through TLS. During the handshake the socket is tracked, with BelowTLS.
// Then the session takes its place: our connection lies above TLS, sees requests
// and responses as they are, and moves with its state.

// secureConn is a connection of HTTP/1 through TLS. It embeds an interface without
// ReadFrom, which would send plaintext.
type secureConn struct {
	tlsmove.Session
	tracked Tracked
}

func (c *secureConn) state() *Tracked { return &c.tracked }

// Read implements net.Conn.
func (c *secureConn) Read(p []byte) (int, error) { return c.tracked.read(p) }

// Write implements net.Conn.
func (c *secureConn) Write(p []byte) (int, error) { return c.tracked.write(p) }

// SetReadDeadline implements net.Conn.
func (c *secureConn) SetReadDeadline(d time.Time) error { return c.tracked.setReadDeadline(d) }

// Close implements net.Conn. A connection that moves to a successor stays open.
func (c *secureConn) Close() error {
	if c.tracked.leftOpen() {
		return nil
	}
	return c.Session.Close()
}

// NetConn implements tlsmove.Session. It is the connection below TLS.
func (c *secureConn) NetConn() net.Conn { return c.Session.NetConn() }

// AddSecure replaces below, which Add has returned, by the session that was
// opened on it, and returns what net/http is to serve.
func (s *Set) AddSecure(session tlsmove.Session, below net.Conn) net.Conn {
	t := Of(below)
	t.phase.Store(Busy) // what passes is not looked at any more
	c := s.Add(session, Options{Below: t.socket, wrapped: t.other})
	if m := s.move.Load(); m != nil {
		Of(c).stayIfImmovable(m)
	}
	s.remove(t) // only now, so that the set is never empty in between
	return c
}

// CutHandshakes closes the connections that shake hands.
func (s *Set) CutHandshakes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if t.belowTLS && !t.http2 {
			_ = t.socket.Close()
		}
	}
}

// TLSKind names connections through TLS in a hand-over, and the format of their
// state.
const TLSKind = "tls/1"

// stayIfImmovable lets a connection stay that no successor can take, so that its
// next response says goodbye.
func (t *Tracked) stayIfImmovable(m *move) {
	if t.session == nil || m.secure == nil {
		return
	}
	if err := t.session.Movable(); err != nil {
		t.stays.Store(true)
		t.set.stayed.count(err)
	}
}

// export keeps the encoded state of the session for handOffTLS, and reports
// whether there is one. What is under way may be over soon, unless the connection
// is quiet: then it has something that a state cannot describe, such as padding,
// and stays.
func (t *Tracked) export(quiet bool) bool {
	s, err := t.session.Export()
	if err == nil {
		t.encoded, err = s.Encode()
		s.Wipe()
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, tlsmove.ErrBusy) && (!quiet || t.session.Partial()):
		return false
	}
	t.stays.Store(true)
	t.set.stayed.count(err)
	return false
}

func (s *Set) handOffTLS(m *move, t *Tracked) {
	done := func(taken bool) {
		clear(t.encoded)
		if taken {
			t.session.Forget()
		} else if s.move.Load() == m {
			s.stayed.count(errRefused)
		}
		s.handed(t, taken)
	}
	if m.secure == nil {
		s.takeBack(t)
		return
	}
	c := &app.HandedConn{Conn: t.socket, Kind: TLSKind, State: t.encoded}
	if err := m.secure.HandWith(m.server, c, done); err != nil {
		s.stayed.count(err)
		s.takeBack(t)
	}
}

var errRefused = errors.New("the successor does not take it")

// stayed counts the connections through TLS that did not move, by reason.
type stayed struct {
	mu  sync.Mutex
	all map[string]int64
}

func (s *stayed) count(err error) {
	reason := "uncertain"
	switch {
	case errors.Is(err, tlsmove.ErrUnsupported):
		reason = "cipher_suite"
	case errors.Is(err, tlsmove.ErrTooLarge), errors.Is(err, app.ErrTooMuch):
		reason = "too_large"
	case errors.Is(err, errRefused):
		reason = "refused"
	case errors.Is(err, errStreams):
		reason = "streams"
	case errors.Is(err, errSettings):
		reason = "settings"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]int64{}
	}
	s.all[reason]++
}

// Stayed counts the connections through TLS that did not move to a successor, by
// reason: cipher_suite, uncertain, too_large and refused; of HTTP/2, also streams,
// which were always open, and settings, which the client did not acknowledge.
func (s *Set) Stayed() map[string]int64 {
	s.stayed.mu.Lock()
	defer s.stayed.mu.Unlock()
	return maps.Clone(s.stayed.all)
}
