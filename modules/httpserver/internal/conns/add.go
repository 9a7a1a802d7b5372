package conns

import (
	"net"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// Options describe a connection.
type Options struct {
	BelowTLS bool // net/http speaks TLS on it
	Idle     bool // it was idle in another process: its client owes no request

	// Below is the socket below a connection that a listener has wrapped; nil means
	// what NetConn or Raw returns, or the connection itself.
	Below net.Conn

	wrapped bool // TLS is above a connection that a listener has wrapped
}

// Add adds an accepted connection and returns the one that net/http is to serve.
// The caller must pass it to net/http: only net/http's ConnState hook, which calls
// Note, removes it again.
func (s *Set) Add(nc net.Conn, o Options) net.Conn {
	c := s.track(nc, o)
	s.add(c.state())
	return c
}

// AddSecure replaces below, which Add has returned, by the session that was opened
// on it, and returns the connection that net/http is to serve.
func (s *Set) AddSecure(session *tlsmove.Tapped, below net.Conn) net.Conn {
	t := Of(below)
	t.phase.Store(Busy)    // it only closes from now on
	session.Shorten(t.raw) // and is not asked at every read and write
	c := s.Add(session, Options{Below: t.socket, wrapped: t.other})
	if m := s.move.Load(); m != nil {
		Of(c).stayIfImmovable(m)
	}
	s.remove(t) // only now, so that the set is never empty in between
	return c
}

// track makes the connection that net/http gets for nc.
func (s *Set) track(nc net.Conn, o Options) trackedConn {
	c := wrap(nc)
	t := c.state()
	t.rest.outer, t.serving = c, newServing(nc, o.Idle)
	t.begin(s, nc)
	t.belowTLS, t.wrapped = o.BelowTLS, o.wrapped
	if t.socket = o.Below; t.socket == nil {
		t.socket = socket.Below(nc)
	}
	if t.session != nil {
		if t.timed = t.socket; t.wrapped {
			t.timed = t.session.NetConn()
		}
	}
	if session, ok := nc.(*tlsmove.Conn); ok { // no connection of the Set is below it
		session.BeforeClose(t.holdUnacked)
	}
	if !s.http2.preface || o.BelowTLS || t.session != nil {
		t.preface = noPreface
	}
	return c
}

func (t *Tracked) begin(s *Set, nc net.Conn) {
	t.set, t.raw = s, nc
	t.life.Begin(s.lifetime)
}

func (s *Set) add(t *Tracked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addLocked(t)
}

func (s *Set) addLocked(t *Tracked) {
	t.touch() // StartDraining either came before, and is seen here, or comes later and sees t
	s.live.add(t)
}
