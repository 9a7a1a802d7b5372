package conns

import (
	"bufio"
	"net"
	"net/http"
	"sync"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2conn"
)

// A handler may take over a connection to speak HTTP/2 on it, as h2c.NewHandler of
// golang.org/x/net does. From Go 1.27 on nothing that it offers asks such a client
// to leave. So its frames are followed, as those of net/http are, and it leaves in
// two steps. The connection is known to end by its Close: a handler that speaks
// HTTP/2 calls it.

// begunHTTP2 is the rest of the preface: net/http has read what looks like the head
// of a request.
const begunHTTP2 = "SM\r\n\r\n"

// FollowTaken makes the Set follow connections that handlers take over to speak
// HTTP/2. It is called before the first Add.
func (s *Set) FollowTaken() { s.http2.taken = true }

// BeginsHTTP2 reports whether r is the beginning of HTTP/2 without TLS, for a
// handler that takes it over, and is to be followed.
func BeginsHTTP2(r *http.Request) bool {
	if r.Method != "PRI" || r.ProtoMajor != 2 {
		return false
	}
	t := ofRequest(r)
	if t == nil || t.session != nil || !t.set.http2.taken {
		return false
	}
	t.prior = true
	return true
}

// takenHTTP2 is the connection that such a handler gets.
type takenHTTP2 struct {
	*h2conn.Conn
	tracked *Tracked
	begin   string // what has been read of the preface, for the handler to read again
	once    sync.Once
}

func (c *takenHTTP2) state() *Tracked { return c.tracked }

// Read implements net.Conn.
func (c *takenHTTP2) Read(p []byte) (int, error) {
	if n := copy(p, c.begin); n > 0 {
		c.begin = c.begin[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Close implements net.Conn.
func (c *takenHTTP2) Close() error {
	defer c.once.Do(func() { c.tracked.set.remove(c.tracked) })
	return c.Conn.Close()
}

// hijackHTTP2 is Hijack for a connection that BeginsHTTP2. One that does not go on
// as HTTP/2 is hijacked like others.
func (t *Tracked) hijackHTTP2(read *bufio.Reader) net.Conn {
	begin, err := read.Peek(len(begunHTTP2))
	if err != nil || string(begin) != begunHTTP2 {
		t.released = true
		t.set.addHijacked(t)
		return nil
	}
	_, _ = read.Discard(len(begunHTTP2))
	below := &readAhead{Conn: t.raw, rest: buffered(read)}
	c := &takenHTTP2{Conn: h2conn.Follow(below, t.client()), tracked: t, begin: begunHTTP2}
	t.set.BecomeHTTP2(t, c.Conn, true)
	return c
}

// readAhead is a connection of which net/http has read ahead.
type readAhead struct {
	net.Conn
	rest []byte
}

// Read implements net.Conn.
func (c *readAhead) Read(p []byte) (int, error) {
	if n := copy(p, c.rest); n > 0 {
		c.rest = c.rest[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// cutTakenLocked closes the connections of HTTP/2 that handlers have taken over.
func (s *Set) cutTakenLocked() {
	for t := range s.live.all() {
		if t.prior && t.http2 {
			_ = t.raw.Close()
		}
	}
}
