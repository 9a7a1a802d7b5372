package conns

import (
	"io"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
)

// A balancer spreads connections, not requests. Clients that keep theirs stay where
// they are when servers are added, so a connection may have a lifetime. Its end is
// a goodbye with a response and never a cut: a connection that is idle lives on
// until its next request, which is answered.

// lifetime is how long a connection may live, and how many requests it may have. 0
// is no limit.
type lifetime struct{ age, requests atomic.Int64 }

// SetLifetime changes both, also for connections that are open.
func (s *Set) SetLifetime(age time.Duration, requests int) {
	s.lifetime.age.Store(int64(age))
	s.lifetime.requests.Store(int64(requests))
}

// jitter is by how much the ages of connections differ from what is set, so that
// those which began together do not end together. gRPC has the same tenth (proposal
// A9, server-side connection management).
const jitter = 0.1

// newShare draws how long a connection lives, in parts of the age.
func newShare() float32 { return 1 - jitter + 2*jitter*rand.Float32() }

// outlived reports whether the connection has had its time or its requests.
func (t *Tracked) outlived() bool {
	l := &t.set.lifetime
	if most := l.requests.Load(); most > 0 && t.requests.Load() >= most {
		return true
	}
	age := l.age.Load()
	return age > 0 && float32(t.set.Now()-t.born) > t.share*float32(age)
}

// Outlived reports whether the response to r has to say goodbye by its header,
// because the connection has had its time or its requests and cannot say so itself:
// HTTP/1.0, and what is left to net/http.
func (s *Set) Outlived(r *http.Request) bool {
	if s.lifetime.age.Load() == 0 && s.lifetime.requests.Load() == 0 { // nearly always
		return false
	}
	t := ofRequest(r)
	switch {
	case t == nil:
		return false
	case t.http2:
		return t.goodbye == nil && t.outlived()
	default:
		return (t.belowTLS || !r.ProtoAtLeast(1, 1)) && t.outlived()
	}
}

// lingerTime is how long a connection that has said goodbye waits for its client to
// close. net/http waits as long where a client may still be sending.
const lingerTime = 500 * time.Millisecond

// linger closes the connection for writing and reads until the client has closed
// it, too. What the client has sent meanwhile would otherwise reset the connection,
// and take away the end of the response (RFC 9112, 9.6). It blocks for lingerTime
// at most.
func (t *Tracked) linger() {
	c, ok := t.raw.(interface{ CloseWrite() error })
	if !ok || t.set.draining.Load() || c.CloseWrite() != nil {
		return
	}
	_ = t.raw.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.Copy(io.Discard, t.raw)
}
