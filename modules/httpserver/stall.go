package httpserver

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// A client that neither sends the rest of its request nor takes its response would hold a connection for ever, and
// every stop as long as it may last. Deadlines on each read and write would end that at the cost of a timer per call,
// and would fight with those a handler sets. So there is a patrol instead: it comes by a few times within the timeout,
// and who is found waiting for the client on every round, without any progress, has stalled. A stream that is silent
// because the server has nothing to say does not wait for its client, and long transfers that move make progress.

// rounds is how often in a row somebody must be found waiting.
const rounds = 4

// wait is where somebody waits for the client. Zero is nobody; the patrol counts the rounds.
type wait struct{ seen atomic.Int32 }

func (w *wait) begin() { w.seen.Store(1) }
func (w *wait) end()   { w.seen.Store(0) }

// stalled is asked once a round.
func (w *wait) stalled() bool {
	n := w.seen.Load()
	return n > 0 && w.seen.CompareAndSwap(n, n+1) && n >= rounds
}

// unacked is what the patrol remembers of the bytes on their way to the client.
type unacked struct {
	acked  uint64 // at the last round
	rounds int
}

// stalled is asked once a round, with what the system knows of the connection.
func (u *unacked) stalled(pending bool, acked uint64) bool {
	if !pending || acked != u.acked {
		u.acked, u.rounds = acked, 0
		return false
	}
	u.rounds++
	return u.rounds >= rounds
}

// patrol looks for stalled clients until ctx ends. It asks for the timeout before every round; 0 makes it rest until
// changeBeat.
func (s *connSet) patrol(ctx context.Context, timeout func() time.Duration) {
	round := time.NewTimer(0)
	defer round.Stop()
	for {
		var due <-chan time.Time
		if d := timeout(); d > 0 {
			round.Reset(max(d/rounds, time.Millisecond))
			due = round.C
		}
		select {
		case <-ctx.Done():
			return
		case <-s.beat:
		case <-due:
			s.walk()
		}
	}
}

// changeBeat makes the patrol ask for its timeout again.
func (s *connSet) changeBeat() {
	select {
	case s.beat <- struct{}{}:
	default: // it is about to
	}
}

// walk is one round of the patrol.
func (s *connSet) walk() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for b := range s.bodies {
		if b.wait.stalled() {
			s.stalled.Add(1)
			_ = b.w.SetReadDeadline(time.Unix(1, 0))
		}
	}
	for l := range s.live.all() {
		if l.phase.Load() != busy {
			continue
		}
		pending, acked := sending(l.raw)
		if l.unacked.stalled(pending, acked) || l.reading.stalled() {
			s.stalled.Add(1)
			reset(l.raw)
		}
	}
}

// reset closes a connection without a word, since nobody reads it.
func reset(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = nc.Close()
}

// body is the body of a request that comes through TLS or HTTP/2, where the connection cannot tell a handler that
// waits for the body from net/http waiting for the client to go away.
type body struct {
	io.ReadCloser
	w    readDeadliner
	wait wait
}

type readDeadliner interface{ SetReadDeadline(time.Time) error }

func (b *body) Read(p []byte) (int, error) {
	b.wait.begin()
	defer b.wait.end()
	return b.ReadCloser.Read(p)
}

// watchBody puts the body of r, which has one, under the eyes of the patrol, where the connection is not enough, and
// returns the request for the handler: a copy then, because net/http looks at the type of the body in its own. Otherwise
// it returns r and nil. A body of unknown length in HTTP/2 is left alone: it may be one half of a conversation, as in gRPC, whose
// client may be silent.
func (s *connSet) watchBody(w http.ResponseWriter, r *http.Request) (*http.Request, *body) {
	if r.ProtoMajor == 1 && r.TLS == nil || r.ProtoMajor == 2 && r.ContentLength < 0 {
		return r, nil
	}
	rd, ok := w.(readDeadliner)
	if !ok {
		return r, nil
	}
	b := &body{ReadCloser: r.Body, w: rd}
	inner := *r
	inner.Body = b
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies[b] = struct{}{}
	return &inner, b
}

func (s *connSet) forgetBody(b *body) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bodies, b)
}
