package conns

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2conn"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2move"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/lifetime"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stall"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

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
// In fresh and idle no byte of the next request has been consumed, which is what
// makes it safe to close the connection, or to give it away: from these two and
// from woken it goes to moved while a successor takes over, and to handed when
// net/http has let go of it. On the same way it goes to resting, and from there to
// fresh. Only the step from parked to woken is taken by another goroutine.
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

// bufferSize is the size of net/http's read buffer: an idle Read that asks for as
// much proves that the buffer is empty. Should it ever change,
// TestStopAnswersARequestCutAtAnyByte fails.
const bufferSize = 4096

// errLeft ends the Read of a connection that the drain closes. net/http takes a
// timeout for a client that went away: it neither answers nor logs.
var errLeft net.Error = leftError{}

type leftError struct{}

func (leftError) Error() string   { return "connection closed while idle: the server is stopping" }
func (leftError) Timeout() bool   { return true }
func (leftError) Temporary() bool { return false }

// trackedConn is a connection that knows its phase.
type trackedConn interface {
	net.Conn
	state() *Tracked
}

// Of returns what is known of the connection that net/http calls nc, nil if no Set
// of this package has it.
func Of(nc net.Conn) *Tracked {
	if c, ok := nc.(*tcpConn); ok { // nearly always, and cheaper than an interface
		return &c.tracked
	}
	return below(nc)
}

// below is the rest of Of, apart so that the compiler inlines Of.
func below(nc net.Conn) *Tracked {
	for {
		if t, ok := nc.(trackedConn); ok {
			return t.state()
		}
		under, ok := nc.(interface{ NetConn() net.Conn })
		if !ok || under.NetConn() == nil {
			return nil
		}
		nc = under.NetConn()
	}
}

// trackedKey is the key of a Tracked in the context of a request.
type trackedKey struct{}

// WithConn returns the context of a connection in which Keep and Outlived find it.
func WithConn(ctx context.Context, nc net.Conn) context.Context {
	if t := Of(nc); t != nil {
		return context.WithValue(ctx, trackedKey{}, t)
	}
	return ctx
}

// ofRequest returns what is known of the connection of r, nil without WithConn.
func ofRequest(r *http.Request) *Tracked {
	t, _ := r.Context().Value(trackedKey{}).(*Tracked)
	return t
}

// Bare returns the connection that a Set was given for nc, as an application knows
// it from net/http: what nc is itself if no Set has it, or TLS is above.
func Bare(nc net.Conn) net.Conn {
	if g, ok := nc.(interface{ aboveTLS() net.Conn }); ok {
		nc = g.aboveTLS()
		if m, ok := nc.(*h2move.Conn); ok {
			nc = m.Conn
		}
		return bareTLS(nc)
	}
	t, ok := nc.(trackedConn)
	if !ok {
		return nc
	}
	return bareTLS(t.state().raw)
}

// bareTLS returns the *tls.Conn of a session that crypto/tls has begun.
func bareTLS(nc net.Conn) net.Conn {
	if c, ok := nc.(*tlsmove.Tapped); ok {
		return c.TLS()
	}
	return nc
}

// Tracked is what is known of one connection. Its methods stand between net/http
// and the socket.
type Tracked struct {
	raw      net.Conn
	socket   net.Conn        // raw, or what lies below it: the system knows it
	session  tlsmove.Session // raw, where it is TLS
	encoded  []byte          // the state of session, on its way to a successor
	set      *Set
	other    bool         // raw is neither a socket nor TLS
	wrapped  bool         // session lies on a connection that a listener has wrapped
	closed   atomic.Bool  // of an otherConn
	belowTLS bool         // a read may bring less than a request, so it does not end the quiet phase
	http2    bool         // many requests at a time: always busy
	streams  atomic.Bool  // of HTTP/2: some are open
	greeted  bool         // of HTTP/2: net/http has its preface
	followed *h2conn.Conn // of HTTP/2, where its frames are followed
	goodbye  *h2conn.Conn // followed, where the client leaves in two steps
	mover    *mover       // of HTTP/2 through TLS, where it may move
	talks    atomic.Int64 // conversations that go on, see WatchBody
	inPlace  *h2conn.Conn // where it lies between net/http and raw
	preface  int8         // bytes of the preface of HTTP/2 that have come; noPreface: none will

	ctx      context.Context // of the connection, as the application knows it
	released bool            // hijacked: what net/http says of it afterwards is not about us

	// A request that may move, or has moved here. Only the goroutine that serves
	// the connection uses these; net/http's that reads ahead uses replay for it.
	kept          *Kept
	arrived       *arrival           // until its handler has returned
	head          *stream.HeadFilter // of the response; nil of an ordinary request
	replay        []byte             // read before anything of the socket
	resumedSocket bool               // the client has a 101
	leaves        bool               // the response is taken out of net/http's hands
	probing       bool               // an informational response is not sent, but noted
	probed        bool

	// Released is called when a second server, which served the connection for the
	// first one, has let go of it. Only the goroutine that serves the connection
	// sets it.
	Released func()

	links // in the list of set
	rest  restState

	life lifetime.Life

	phase atomic.Uint32
	since atomic.Int64 // when it fell quiet, on the clock of set; kept up only while draining

	reading stall.Wait    // for bytes of a request
	unacked stall.Unacked // belongs to the monitor of stalled clients

	headDue     atomic.Bool // the next bytes written begin a response
	saidGoodbye atomic.Bool // a response has told the client that the connection ends

	// over ends every further Read: before a request net/http reads twice where it
	// speaks HTTP/2 without TLS.
	over net.Error

	// deadline is what net/http wants of the next quiet read. Only the goroutine
	// that serves the connection uses it.
	deadline time.Time

	quiet *deadlineShift // it has waited for a request elsewhere; nil once that has come
	late  *deadlineShift // of that request, while it lasts
	stays atomic.Bool    // a successor could not take it

	// waking is held from the step to woken until the deadline that wakes is set.
	waking sync.Mutex
}

// BelowTLS reports whether net/http speaks TLS on the connection.
func (t *Tracked) BelowTLS() bool { return t.belowTLS }

// Context returns what SetContext was given.
func (t *Tracked) Context() context.Context { return t.ctx }

// SetContext keeps the context of the connection for another server that serves it.
// It is called before the connection is served.
func (t *Tracked) SetContext(ctx context.Context) { t.ctx = ctx }

func (t *Tracked) read(p []byte) (int, error) {
	if t.over != nil {
		return 0, t.over
	}
	if len(t.replay) > 0 {
		return t.readReplay(p), nil
	}
	from := t.phase.Load()
	if from == Idle && !t.belowTLS && len(p) != bufferSize {
		t.phase.Store(Busy) // the first bytes of the next request are in net/http's buffer
		from = Busy
	}
	switch {
	case from == Fresh || from == Idle:
		return t.readQuiet(p, from)
	case len(p) == 1 || t.belowTLS || t.session != nil || !t.headDue.Load():
		// net/http waits for the client to go away, or may do so, or the handler
		// listens while it answers. A client may be silent for as long as it likes.
		if t.inPlace != nil {
			return t.inPlace.Read(p)
		}
		n, err := t.raw.Read(p)
		t.lookForPreface(p[:n])
		return n, err
	}
	t.reading.Begin()
	n, err := t.raw.Read(p)
	t.reading.End()
	return n, err
}

// readQuiet waits for the first bytes of a request and can be woken meanwhile.
func (t *Tracked) readQuiet(p []byte, from Phase) (int, error) {
	for {
		if t.moves(false) || t.rests(false) {
			t.phase.Store(Moved)
			return t.end(errMoved)
		}
		t.phase.Store(Parked)
		n, err := t.raw.Read(p)
		if n > 0 && t.quiet != nil {
			t.endQuiet()
		}
		t.lookForPreface(p[:n])
		next := Busy
		if n > 0 && t.belowTLS && !t.http2 {
			next = from
			t.touch()
		}
		if t.phase.CompareAndSwap(Parked, next) {
			return n, err
		}

		t.waking.Lock() // wake has set its deadline once it unlocks
		_ = t.raw.SetReadDeadline(t.deadline)
		t.waking.Unlock()
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.phase.Store(next)
			return n, err
		}
		if t.moves(true) || t.rests(true) {
			t.phase.Store(Moved)
			return t.end(errMoved)
		}
		if t.session != nil && t.session.Partial() { // a request is under way
			t.phase.Store(Busy)
			return t.raw.Read(p)
		}
		// The last look: a request may have come while this goroutine waited for a
		// CPU. Without a drain it was to move, and cannot.
		if t.set.draining.Load() && !socket.HasInput(t.socket) {
			t.phase.Store(Busy)
			t.set.lingered.Add(1)
			return t.end(errLeft)
		}
	}
}

func (t *Tracked) end(err net.Error) (int, error) {
	t.over = err
	return 0, err
}

// wake makes a connection that has been parked since quietSince look whether
// anything has come, and leave if not.
func (t *Tracked) wake(quietSince int64) {
	t.waking.Lock()
	defer t.waking.Unlock()
	if !t.phase.CompareAndSwap(Parked, Woken) {
		return
	}
	if t.since.Load() > quietSince && t.phase.CompareAndSwap(Woken, Parked) {
		return // it served another request meanwhile and is parked anew
	}
	_ = t.raw.SetReadDeadline(time.Unix(1, 0))
}

func (t *Tracked) setReadDeadline(d time.Time) error {
	if t.inPlace != nil {
		return t.inPlace.SetReadDeadline(d)
	}
	switch t.phase.Load() {
	case Fresh:
		if t.quiet != nil {
			d = t.quietDeadline(d)
		}
		t.deadline = d
	case Busy:
		if t.late != nil {
			d = t.late.shift(d)
		}
	case Ending:
		t.deadline = d
		t.phase.Store(Idle)
	case Idle:
		t.phase.Store(Busy)
	}
	return t.raw.SetReadDeadline(d)
}

// touch restarts the time that a connection may linger.
func (t *Tracked) touch() {
	if t.set.draining.Load() {
		t.since.Store(t.set.Now())
	}
}

// holdUnacked is called before the connection is closed.
func (t *Tracked) holdUnacked() {
	if t.set.draining.Load() {
		t.set.unacked.Hold(t.socket)
	}
}
