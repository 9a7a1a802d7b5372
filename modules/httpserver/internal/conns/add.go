package conns

import (
	"net"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/deadline"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// Options say what a connection is.
type Options struct {
	BelowTLS bool // net/http speaks TLS on it
	Idle     bool // it was idle elsewhere: its client owes no request

	// Below is the socket below a connection that a listener has wrapped; nil is
	// what NetConn or Raw show, or the connection itself.
	Below net.Conn

	wrapped bool // TLS lies on one that a listener has wrapped
}

// Add takes an accepted connection under control and returns what net/http is to
// serve. The caller sees to it that net/http gets it: only its ConnState hook,
// given to Note, takes it out again.
func (s *Set) Add(nc net.Conn, o Options) net.Conn {
	c := s.track(nc, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addLocked(c.state())
	return c
}

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

// track makes the connection that net/http gets for nc.
func (s *Set) track(nc net.Conn, o Options) trackedConn {
	c := wrap(nc)
	t := c.state()
	t.raw, t.socket, t.set, t.belowTLS = nc, o.Below, s, o.BelowTLS
	t.wrapped = o.wrapped
	if t.socket == nil {
		t.socket = socket.Below(nc)
	}
	t.life.Begin(s.lifetime)
	t.rest.outer = c
	t.session, _ = nc.(tlsmove.Session)
	if o.Idle {
		t.quiet = &deadline.Shift{}
	}
	if !s.http2.preface || o.BelowTLS || t.session != nil {
		t.preface = noPreface
	}
	return c
}

func (s *Set) addLocked(t *Tracked) {
	t.touch() // StartDraining comes before, and it is seen here, or after, and sees t
	s.live.add(t)
}
