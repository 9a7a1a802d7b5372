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
	w    readDeadliner
	wait wait
}

type readDeadliner interface{ SetReadDeadline(time.Time) error }

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	b.wait.begin()
	defer b.wait.end()
	return b.ReadCloser.Read(p)
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
	b := &Body{ReadCloser: r.Body, w: rd}
	inner := *r
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
