package conns

import (
	"io"
	"net/http"
	"strings"
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
	talk  *Tracked      // of a conversation, which is not watched
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
// copy then, because net/http looks at the type of the body in the original.
// Otherwise it returns r and nil. A conversation through HTTP/2 is left alone, with
// the streams of its connection: its client may be silent, or pause.
func (s *Set) WatchBody(w http.ResponseWriter, r *http.Request) (*http.Request, *Body) {
	if r.ProtoMajor == 1 && r.TLS == nil {
		return r, nil
	}
	if r.ProtoMajor == 2 && isConversation(r) {
		return r, beginTalk(r)
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

// isConversation reports whether the body of r is one half of a conversation: a
// call of gRPC (its PROTOCOL-HTTP2.md, Content-Type) or a stream of Connect, a
// tunnel or another protocol (RFC 9113, 8.5; RFC 8441). gRPC-Web has no such thing.
func isConversation(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	kind, _, variant := strings.Cut(strings.TrimSpace(kind), "+")
	return kind == "application/grpc" || kind == "application/connect" && variant || r.Method == http.MethodConnect
}

// beginTalk notes that a conversation goes on, until ForgetBody is called.
func beginTalk(r *http.Request) *Body {
	t, _ := r.Context().Value(trackedKey{}).(*Tracked)
	if t == nil {
		return nil
	}
	t.talks.Add(1)
	return &Body{talk: t}
}

// ForgetBody ends that.
func (s *Set) ForgetBody(b *Body) {
	if b.talk != nil {
		b.talk.talks.Add(-1)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bodies, b)
}
