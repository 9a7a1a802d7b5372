package conns

import (
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/closeheader"
)

// A response that is written while the server leaves, or as the last one of its
// connection, says goodbye with Connection: close. For a request that begins then,
// the handler's wrapper sets the header. For a request that is already in its
// handler, only the connection can still do so: it inserts the line into the bytes
// of the response. Without it the client would keep an idle connection, and the
// process would have to linger for it.

// writeFirst sends p, which begins a response.
func (t *Tracked) writeFirst(p []byte) (int, error) {
	t.headDue.Store(false)
	at := -1
	if t.life.Over() || t.set.leaving.Load() && !t.willMove() {
		at = closeheader.Place(p)
	}
	if at < 0 {
		return t.raw.Write(p)
	}
	t.saidGoodbye.Store(true)
	whole := net.Buffers{p[:at], closeheader.Line, p[at:]}
	n, err := whole.WriteTo(t.raw)
	return max(0, int(n)-len(closeheader.Line)), err
}

// leaveAfterGoodbye ends the serve goroutine of a connection that has said goodbye,
// as net/http would if it had written the header itself: a request that may wait in
// its buffer must not be executed, since the client will not read the answer.
// leaveAfterGoodbye is called from the hook for StateIdle, when the response is
// complete, and panics with http.ErrAbortHandler, which net/http does not log.
func (t *Tracked) leaveAfterGoodbye() {
	if t.saidGoodbye.Load() {
		t.linger()
		panic(http.ErrAbortHandler)
	}
}

// lingerTime is how long a connection that has said goodbye waits for its client to
// close. net/http waits as long if a client may still be sending.
const lingerTime = 500 * time.Millisecond

// linger closes the connection for writing and reads until the client has closed it
// too. Otherwise bytes from the client would reset the connection, and the end of
// the response would be lost (RFC 9112, 9.6). It blocks for lingerTime at most.
func (t *Tracked) linger() {
	c, ok := t.raw.(interface{ CloseWrite() error })
	if !ok || t.set.draining.Load() || c.CloseWrite() != nil {
		return
	}
	_ = t.raw.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.Copy(io.Discard, t.raw)
}

// SetLifetime changes how long connections may live, and how many requests they may
// have, also for open ones. 0 means no limit.
func (s *Set) SetLifetime(age time.Duration, requests int) { s.lifetime.Set(age, requests) }

// Outlived reports whether the handler's wrapper has to put the goodbye into the
// header of the response to r: the lifetime of the connection is over, and it is an
// HTTP/1.0 connection, or left to net/http.
func (s *Set) Outlived(r *http.Request) bool {
	return s.lifetime.Any() && s.outlived(r) // it is nearly never called
}

func (s *Set) outlived(r *http.Request) bool {
	t := ofRequest(r)
	switch {
	case t == nil:
		return false
	case t.http2:
		return t.goodbye == nil && t.life.Over()
	default:
		return (t.belowTLS || !r.ProtoAtLeast(1, 1)) && t.life.Over()
	}
}
