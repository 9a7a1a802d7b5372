package conns

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2conn"
)

// A handler may take over a connection to speak HTTP/2 on it, as h2c.NewHandler of
// golang.org/x/net does. From Go 1.27 on nothing that it offers asks such a client
// to leave. So its frames are followed, as those of net/http are, and it leaves in
// two steps. The connection is known to end by its Close: a handler that speaks
// HTTP/2 calls it.

// beginning is how a handler that takes over a connection may begin HTTP/2.
type beginning int8

const (
	noHTTP2  beginning = iota
	prior              // the client has begun with the preface (RFC 9113, 3.3)
	upgraded           // the handler may answer 101, and the preface follows (RFC 7540, 3.2)
)

// begunHTTP2 is the rest of the preface: net/http has read what looks like the head
// of a request.
const begunHTTP2 = "SM\r\n\r\n"

// FollowTaken makes the Set follow connections that handlers take over to speak
// HTTP/2. It is called before the first Add.
func (s *Set) FollowTaken() { s.http2.taken = true }

// BeginsHTTP2 reports whether r is the beginning of HTTP/2 without TLS, for a
// handler that takes it over, and is to be followed.
func BeginsHTTP2(r *http.Request) bool {
	return r.ProtoMajor == 2 && r.Method == "PRI" && expectHTTP2(r, prior)
}

// OffersHTTP2 is BeginsHTTP2 for a request with the header Upgrade: h2c. Most
// handlers answer it as any other.
func OffersHTTP2(r *http.Request) bool { return expectHTTP2(r, upgraded) }

func expectHTTP2(r *http.Request, by beginning) bool {
	t := ofRequest(r)
	if t == nil || t.session != nil || !t.set.http2.taken {
		return false
	}
	t.begins = by
	return true
}

// hijackHTTP2 is Hijack for a connection of whose request one of the functions
// above has returned true.
func (t *Tracked) hijackHTTP2(read *bufio.Reader) net.Conn {
	if t.begins == upgraded {
		return &upgradingConn{Conn: &readAhead{Conn: t.raw, rest: buffered(read)}, tracked: t}
	}
	begin, err := read.Peek(len(begunHTTP2))
	if err != nil || string(begin) != begunHTTP2 {
		t.hijackPlain()
		return nil
	}
	_, _ = read.Discard(len(begunHTTP2))
	below := &readAhead{Conn: t.raw, rest: buffered(read)}
	c := &takenHTTP2{Conn: h2conn.Follow(below, t.client()), tracked: t, begin: begunHTTP2}
	t.set.BecomeHTTP2(t, c.Conn, true)
	return c
}

// hijackPlain hijacks a connection that does not go on as HTTP/2 like any other.
func (t *Tracked) hijackPlain() {
	t.released = true
	t.set.addHijacked(t)
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

// upgradingConn is the connection of a handler that was offered HTTP/2. Its first
// write decides: the head of the answer 101 begins HTTP/2, with the request as
// stream 1. Until then the connection counts as busy with the request.
type upgradingConn struct {
	net.Conn
	tracked *Tracked
	decided sync.Once
	http2   atomic.Pointer[takenHTTP2]
}

func (c *upgradingConn) state() *Tracked { return c.tracked }

// now is the connection after the decision, or before it.
func (c *upgradingConn) now() net.Conn {
	if taken := c.http2.Load(); taken != nil {
		return taken
	}
	return c.Conn
}

// Write implements net.Conn.
func (c *upgradingConn) Write(p []byte) (n int, err error) {
	first := false
	c.decided.Do(func() {
		first = true
		n, err = c.Conn.Write(p)
		if err == nil && switchesToHTTP2(p) {
			taken := &takenHTTP2{Conn: h2conn.Upgraded(c.Conn, c.tracked.client()), tracked: c.tracked}
			c.http2.Store(taken)
			c.tracked.set.BecomeHTTP2(c.tracked, taken.Conn, true)
		} else {
			c.tracked.hijackPlain()
		}
	})
	if first {
		return n, err
	}
	return c.now().Write(p)
}

// Read implements net.Conn.
func (c *upgradingConn) Read(p []byte) (int, error) { return c.now().Read(p) }

// SetReadDeadline implements net.Conn.
func (c *upgradingConn) SetReadDeadline(d time.Time) error { return c.now().SetReadDeadline(d) }

// Close implements net.Conn.
func (c *upgradingConn) Close() error {
	c.decided.Do(c.tracked.hijackPlain)
	return c.now().Close()
}

// switchesToHTTP2 reports whether p is the whole head of an answer that begins
// HTTP/2.
func switchesToHTTP2(p []byte) bool {
	return bytes.HasPrefix(p, []byte("HTTP/1.1 101 ")) && bytes.HasSuffix(p, []byte("\r\n\r\n")) &&
		bytes.Contains(bytes.ToLower(p), []byte("\r\nupgrade: h2c\r\n"))
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
		if t.http2 && t.begins != noHTTP2 { // in this order: begins no longer changes then
			_ = t.raw.Close()
		}
	}
}
