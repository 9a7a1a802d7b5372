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
// nothing to send does not wait for its client, and a slow transfer that moves
// makes progress. Of an HTTP/2 connection only the stream is cut, see h2conn.

// WatchBody makes the monitor watch the body of r, if it is not enough to watch the
// connection, and returns the request for the handler; see stall.Bodies.Watch.
// Otherwise it returns r and nil. During a conversation over HTTP/2 neither its
// body nor the streams of its connection are watched: its client may be silent, or
// pause.
func (s *Set) WatchBody(w http.ResponseWriter, r *http.Request) (*http.Request, *stall.Body) {
	switch {
	case r.ProtoMajor == 1 && (r.TLS == nil || aboveTLS(r)):
		return r, nil
	case r.ProtoMajor == 2 && stall.IsConversation(r):
		if t := ofRequest(r); t != nil {
			return r, stall.Converse(&t.talks)
		}
		return r, nil
	}
	return s.bodies.Watch(w, r)
}

// aboveTLS reports whether the connection of r is above TLS.
func aboveTLS(r *http.Request) bool {
	t := ofRequest(r)
	return t != nil && t.session != nil
}

// ForgetBody ends what WatchBody has begun.
func (s *Set) ForgetBody(b *stall.Body) { s.bodies.Forget(b) }

// Monitor looks for stalled clients and cuts them. It blocks until ctx ends. It
// calls timeout before every scan; 0 pauses it until ChangeTimeout.
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
	default: // it is about to anyway
	}
}

// Scan is one scan of Monitor, which makes a few within the timeout.
func (s *Set) Scan() {
	s.stalled.Add(int64(s.bodies.Scan()))
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if t.phase.Load() != Busy {
			continue
		}
		pending, acked := socket.Sending(t.socket)
		streams, cut := 0, t.unacked.Stalled(pending, acked)
		switch {
		case !t.reading.Stalled():
		case t.session != nil:
			s.stalled.Add(1)
			_ = t.timed.SetReadDeadline(time.Unix(1, 0)) // the handler gets a timeout, and may answer
		default:
			cut = true
		}
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

// Reading returns the number of goroutines that wait for bytes of a request.
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

// Sending returns the number of connections whose clients have not acknowledged
// everything.
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

// closeHard closes a connection without a goodbye, since the client does not read.
func closeHard(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = nc.Close()
}
