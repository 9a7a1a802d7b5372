package stall

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Body is the body of a request over HTTP/2, or over TLS that is not below the
// connection but above it. There a connection cannot tell a handler that waits for
// the body from net/http, which waits for the client to go away.
type Body struct {
	io.ReadCloser
	w     readDeadliner
	wait  Wait
	r     *http.Request // net/http's, which gets the trailers
	inner *http.Request // the handler's
	talks *atomic.Int64 // of the connection, for a conversation, which is not watched
}

type readDeadliner interface{ SetReadDeadline(time.Time) error }

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	b.wait.Begin()
	defer b.wait.End()
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.inner.Trailer = b.r.Trailer
	}
	return n, err
}

// Bodies has the bodies that are watched. Its methods may be called at any time by
// any goroutine, and none blocks.
type Bodies struct {
	mu  sync.Mutex
	all map[*Body]struct{}
}

// Watch makes the monitor watch the body of r, and returns the request for the
// handler: a copy, because net/http inspects the type of the body in the original.
// If nothing can end a read of the body, it returns r and nil.
func (s *Bodies) Watch(w http.ResponseWriter, r *http.Request) (*http.Request, *Body) {
	rd, ok := w.(readDeadliner)
	if !ok {
		return r, nil
	}
	inner := *r
	b := &Body{ReadCloser: r.Body, w: rd, r: r, inner: &inner}
	inner.Body = b
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[*Body]struct{}{}
	}
	s.all[b] = struct{}{}
	return &inner, b
}

// IsConversation reports whether the body of r is one half of a conversation: a
// call of gRPC (its PROTOCOL-HTTP2.md, Content-Type) or a stream of Connect, a
// tunnel or another protocol (RFC 9113, 8.5; RFC 8441). gRPC-Web has no
// conversations.
func IsConversation(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	kind, _, variant := strings.Cut(strings.TrimSpace(kind), "+")
	return kind == "application/grpc" || kind == "application/connect" && variant || r.Method == http.MethodConnect
}

// Converse records in talks that a conversation is under way, until Forget is
// called.
func Converse(talks *atomic.Int64) *Body {
	talks.Add(1)
	return &Body{talks: talks}
}

// Forget ends what Watch or Converse has begun.
func (s *Bodies) Forget(b *Body) {
	if b.talks != nil {
		b.talks.Add(-1)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, b)
}

// Scan ends the reads of bodies whose client has stalled, and returns how many.
func (s *Bodies) Scan() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for b := range s.all {
		if b.wait.Stalled() {
			n++
			_ = b.w.SetReadDeadline(time.Unix(1, 0))
		}
	}
	return n
}

// Reading returns the number of bodies that a handler reads.
func (s *Bodies) Reading() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for b := range s.all {
		if b.wait.Waits() {
			n++
		}
	}
	return n
}
