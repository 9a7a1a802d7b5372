package conns

import (
	"io"
	"net/http"
	"time"
)

// Body is the body of a request that comes through TLS or HTTP/2, where the
// connection cannot tell a handler that waits for the body from net/http waiting
// for the client to go away.
type Body struct {
	io.ReadCloser
	w     readDeadliner
	wait  wait
	r     *http.Request // net/http's, which gets the trailers
	inner *http.Request // the handler's
}

type readDeadliner interface{ SetReadDeadline(time.Time) error }

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	b.wait.begin()
	defer b.wait.end()
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.inner.Trailer = b.r.Trailer
	}
	return n, err
}

// WatchBody puts the body of r, which has one, before the eyes of the monitor,
// where the connection is not enough, and returns the request for the handler: a
// copy then, because net/http looks at the type of the body in its own. Otherwise
// it returns r and nil. A body of unknown length in HTTP/2 is left alone: it may be
// one half of a conversation, as in gRPC, whose client may be silent.
func (s *Set) WatchBody(w http.ResponseWriter, r *http.Request) (*http.Request, *Body) {
	if r.ProtoMajor == 1 && r.TLS == nil || r.ProtoMajor == 2 && r.ContentLength < 0 {
		return r, nil
	}
	rd, ok := w.(readDeadliner)
	if !ok {
		return r, nil
	}
	inner := *r
	b := &Body{ReadCloser: r.Body, w: rd, r: r, inner: &inner}
	inner.Body = b
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies[b] = struct{}{}
	return &inner, b
}

// ForgetBody ends that.
func (s *Set) ForgetBody(b *Body) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bodies, b)
}
