package conns

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stall"
)

// The monitor, see package stall. A stream that is silent because the server has
// nothing to say does not wait for its client, and long transfers that move make
// progress. A stream of HTTP/2 is cut alone, see h2conn.

// WatchBody lets the monitor watch the body of r, which has one, where it is not
// enough to watch the connection, and returns the request for the handler; see
// stall.Bodies.Watch. Otherwise it returns r and nil. A conversation through HTTP/2
// is left alone, with the streams of its connection: its client may be silent, or
// pause.
func (s *Set) WatchBody(w http.ResponseWriter, r *http.Request) (*http.Request, *stall.Body) {
	switch {
	case r.ProtoMajor == 1 && r.TLS == nil:
		return r, nil
	case r.ProtoMajor == 2 && stall.IsConversation(r):
		if t := ofRequest(r); t != nil {
			return r, stall.Converse(&t.talks)
		}
		return r, nil
	}
	return s.bodies.Watch(w, r)
}

// ForgetBody ends that.
func (s *Set) ForgetBody(b *stall.Body) { s.bodies.Forget(b) }

// Monitor looks for stalled clients and cuts them until ctx ends. It asks for the
// timeout before every scan; 0 makes it rest until ChangeTimeout.
func (s *Set) Monitor(ctx context.Context, timeout func() time.Duration) {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		var due <-chan time.Time
		if d := timeout(); d > 0 {
			next.Reset(max(d/stall.Scans, time.Millisecond))
			due = next.C
		}
		select {
		case <-ctx.Done():
			return
		case <-s.changeInterval:
		case <-due:
			s.Scan()
		}
	}
}

// ChangeTimeout makes Monitor ask for its timeout again.
func (s *Set) ChangeTimeout() {
	select {
	case s.changeInterval <- struct{}{}:
	default: // it is about to
	}
}

// Scan is what Monitor does a few times within the timeout.
func (s *Set) Scan() {
	s.stalled.Add(int64(s.bodies.Scan()))
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if t.phase.Load() != Busy {
			continue
		}
		pending, acked := socket.Sending(t.socket)
		streams, cut := 0, t.unacked.Stalled(pending, acked) || t.reading.Stalled()
		if !cut && t.followed != nil {
			streams, cut = t.followed.ResetStalled()
			s.stalled.Add(int64(streams))
		}
		if cut {
			s.stalled.Add(1)
			closeHard(t.socket)
		}
	}
}

// Reading counts the goroutines that wait for bytes of a request.
func (s *Set) Reading() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = s.bodies.Reading()
	for t := range s.live.all() {
		if t.reading.Waits() {
			n++
		}
	}
	return n
}

// Sending counts the connections whose clients have not acknowledged all.
func (s *Set) Sending() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if pending, _ := socket.Sending(t.socket); pending {
			n++
		}
	}
	return n
}

// closeHard closes a connection without a word, since the client does not read.
func closeHard(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = nc.Close()
}
