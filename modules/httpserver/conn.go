package httpserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A connection passes through these phases. net/http drives them without knowing: through the deadlines it sets, the
// reads it makes and its ConnState hook, all from the goroutine that serves the connection.
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
// In fresh and idle no byte of the next request has been consumed, which is what makes it safe to close the
// connection, or to give it away: from these two and from woken it goes to moved while a successor takes over, and
// to handed when net/http has let go of it. Only the step from parked to woken is taken by another goroutine.
type phase = uint32

const (
	fresh phase = iota
	busy
	ending
	idle
	parked
	woken
	moved
	handed
)

// bufferSize is the size of net/http's read buffer: an idle Read that asks for as much proves that the buffer is
// empty. Should it ever change, TestStopAnswersARequestCutAtAnyByte fails.
const bufferSize = 4096

// errLeft ends the Read of a connection which the drain closes. net/http takes a timeout as a client that went away:
// it neither answers nor logs.
var errLeft net.Error = leftError{}

type leftError struct{}

func (leftError) Error() string   { return "connection closed while idle: the server is stopping" }
func (leftError) Timeout() bool   { return true }
func (leftError) Temporary() bool { return false }

// tracked is a connection that knows its phase.
type tracked interface {
	net.Conn
	tracked() *life
}

// lifeOf finds the life of the connection that net/http calls nc, nil if this package did not accept it.
func lifeOf(nc net.Conn) *life {
	if c, ok := nc.(*tcpConn); ok { // nearly always, and cheaper to ask than for an interface
		return &c.life
	}
	return lifeBelow(nc)
}

// lifeBelow is the rest of lifeOf, apart so that the compiler inlines that.
func lifeBelow(nc net.Conn) *life {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	if t, ok := nc.(tracked); ok {
		return t.tracked()
	}
	return nil
}

// life is what a connection knows about itself. Its methods stand between net/http and the socket; on the way of a
// request they cost a few uncontended atomic operations and no lock.
type life struct {
	raw     net.Conn
	conns   *connSet
	layered bool        // TLS above: a read may bring less than a request, so it does not end the quiet phase
	http2   bool        // many requests at a time: always busy
	streams atomic.Bool // of HTTP/2: some are open
	goodbye *goAwayConn // of HTTP/2, where it leaves in two steps
	inPlace *goAwayConn // goodbye, where it lies between net/http and raw
	preface int8        // bytes of the preface of HTTP/2 that have come; noPreface: none will

	ctx      context.Context // of the connection, where TLS is above
	closed   chan struct{}   // closed when the application's own HTTP/2 has let go of it
	released bool            // hijacked: what net/http says of it afterwards is not about us

	place // on the roll of conns

	phase    atomic.Uint32
	requests atomic.Int64 // begun, for figures; written by the goroutine that serves the connection
	since    atomic.Int64 // when it fell quiet, on the clock of conns; kept up only while draining

	reading wait    // for bytes of a request
	unacked unacked // belongs to the patrol

	headDue     atomic.Bool // the next bytes written begin a response
	saidGoodbye atomic.Bool // a response has told the client that the connection ends

	// deadline is what net/http wants of the next quiet read. Only the goroutine that serves the connection uses it.
	deadline time.Time

	quiet *headTime   // it has waited for a request before it came here; nil once that has come
	late  *headTime   // of that request, while it lasts
	stays atomic.Bool // a successor could not take it

	// waking is held from the step to woken until the deadline that wakes is set.
	waking sync.Mutex
}

func (l *life) read(p []byte) (int, error) {
	from := l.phase.Load()
	if from == idle && !l.layered && len(p) != bufferSize {
		l.phase.Store(busy) // the first bytes of the next request are in net/http's buffer already
		from = busy
	}
	switch {
	case from == fresh || from == idle:
		return l.readQuiet(p, from)
	case len(p) == 1 || l.layered || !l.headDue.Load():
		// Net/http waits for the client to go away, or may do so, or the handler listens while it answers. A client
		// may be silent for as long as it likes.
		if l.inPlace != nil {
			return l.inPlace.Read(p)
		}
		n, err := l.raw.Read(p)
		l.lookForPreface(p[:n])
		return n, err
	}
	l.reading.begin()
	n, err := l.raw.Read(p)
	l.reading.end()
	return n, err
}

// readQuiet waits for the first bytes of a request and can be woken meanwhile.
func (l *life) readQuiet(p []byte, from phase) (int, error) {
	for {
		if l.moves() {
			l.phase.Store(moved)
			return 0, errMoved
		}
		l.phase.Store(parked)
		n, err := l.raw.Read(p)
		if n > 0 && l.quiet != nil {
			l.endQuiet()
		}
		l.lookForPreface(p[:n])
		next := busy
		if n > 0 && l.layered && !l.http2 {
			next = from
			l.touch()
		}
		if l.phase.CompareAndSwap(parked, next) {
			return n, err
		}

		l.waking.Lock() // the waker has set its deadline once it lets go
		_ = l.raw.SetReadDeadline(l.deadline)
		l.waking.Unlock()
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			l.phase.Store(next)
			return n, err
		}
		if l.moves() {
			l.phase.Store(moved)
			return 0, errMoved
		}
		// The last look: a request may have come while this goroutine waited for its turn.
		if !hasInput(l.raw) {
			l.phase.Store(busy)
			l.conns.lingered.Add(1)
			return 0, errLeft
		}
	}
}

// wake makes a connection that has been parked since quietSince look whether anything has come, and leave if not.
func (l *life) wake(quietSince int64) {
	l.waking.Lock()
	defer l.waking.Unlock()
	if !l.phase.CompareAndSwap(parked, woken) {
		return
	}
	if l.since.Load() > quietSince && l.phase.CompareAndSwap(woken, parked) {
		return // it served another request meanwhile and is parked anew
	}
	_ = l.raw.SetReadDeadline(time.Unix(1, 0))
}

func (l *life) setReadDeadline(t time.Time) error {
	switch l.phase.Load() {
	case fresh:
		if l.quiet != nil {
			t = l.quietDeadline(t)
		}
		l.deadline = t
	case busy:
		if l.late != nil {
			t = l.late.shift(t)
		}
	case ending:
		l.deadline = t
		l.phase.Store(idle)
	case idle:
		l.phase.Store(busy)
	}
	return l.raw.SetReadDeadline(t)
}

// touch restarts the time a connection may linger.
func (l *life) touch() {
	if l.conns.draining.Load() {
		l.since.Store(l.conns.now())
	}
}

// tcpConn embeds the pointer, not the interface, so that sendfile, CloseWrite and SyscallConn stay visible.
type tcpConn struct {
	*net.TCPConn
	life life
}

func (c *tcpConn) tracked() *life              { return &c.life }
func (c *tcpConn) Read(p []byte) (int, error)  { return c.life.read(p) }
func (c *tcpConn) Write(p []byte) (int, error) { return c.life.write(p) }

// SetReadDeadline takes the short way for most of net/http's calls.
func (c *tcpConn) SetReadDeadline(t time.Time) error {
	if c.life.phase.Load() == busy && c.life.late == nil {
		return c.TCPConn.SetReadDeadline(t)
	}
	return c.life.setReadDeadline(t)
}

// Close leaves a connection that moves to a successor open.
func (c *tcpConn) Close() error {
	if c.life.leftOpen() {
		return nil
	}
	return c.TCPConn.Close()
}

// NetConn returns the connection below, as tls.Conn does.
func (c *tcpConn) NetConn() net.Conn { return c.TCPConn }

type unixConn struct {
	*net.UnixConn
	life life
}

func (c *unixConn) tracked() *life                    { return &c.life }
func (c *unixConn) Read(p []byte) (int, error)        { return c.life.read(p) }
func (c *unixConn) Write(p []byte) (int, error)       { return c.life.write(p) }
func (c *unixConn) SetReadDeadline(t time.Time) error { return c.life.setReadDeadline(t) }

// Close leaves a connection that moves to a successor open.
func (c *unixConn) Close() error {
	if c.life.leftOpen() {
		return nil
	}
	return c.UnixConn.Close()
}

// NetConn returns the connection below, as tls.Conn does.
func (c *unixConn) NetConn() net.Conn { return c.UnixConn }

// plainConn wraps what comes from a listener that is neither TCP nor a unix socket.
type plainConn struct {
	net.Conn
	life life
}

func (c *plainConn) tracked() *life                    { return &c.life }
func (c *plainConn) Read(p []byte) (int, error)        { return c.life.read(p) }
func (c *plainConn) Write(p []byte) (int, error)       { return c.life.write(p) }
func (c *plainConn) SetReadDeadline(t time.Time) error { return c.life.setReadDeadline(t) }

// NetConn returns the connection below, as tls.Conn does.
func (c *plainConn) NetConn() net.Conn { return c.Conn }
