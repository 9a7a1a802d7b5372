package conns

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// A client that neither sends the rest of its request nor takes its response would
// hold a connection for ever, and every stop as long as it may last. Deadlines on
// each read and write would end that at the cost of a timer per call, and would
// fight with those that a handler sets. So there is a monitor instead: it scans a
// few times within the timeout, and what it finds waiting for the client each time,
// without any progress, has stalled. A stream that is silent because the server has
// nothing to say does not wait for its client, and long transfers that move make
// progress. A stream of HTTP/2 is cut alone, see flow.

// scans is how often in a row something must be found waiting.
const scans = 4

// wait is where a goroutine waits for the client. Zero is nobody; the monitor
// counts.
type wait struct{ seen atomic.Int32 }

func (w *wait) begin() { w.seen.Store(1) }
func (w *wait) end()   { w.seen.Store(0) }

// stalled is called once a scan.
func (w *wait) stalled() bool {
	n := w.seen.Load()
	return n > 0 && w.seen.CompareAndSwap(n, n+1) && n >= scans
}

// unacked is what the monitor remembers of the bytes on their way to the client.
type unacked struct {
	acked uint64 // at the last scan
	scans int
}

// stalled is called once a scan, with what the system knows of the connection.
func (u *unacked) stalled(pending bool, acked uint64) bool {
	if !pending || acked != u.acked {
		u.acked, u.scans = acked, 0
		return false
	}
	u.scans++
	return u.scans >= scans
}

// Monitor looks for stalled clients and cuts them until ctx ends. It asks for the
// timeout before every scan; 0 makes it rest until ChangeTimeout.
func (s *Set) Monitor(ctx context.Context, timeout func() time.Duration) {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		var due <-chan time.Time
		if d := timeout(); d > 0 {
			next.Reset(max(d/scans, time.Millisecond))
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
	s.mu.Lock()
	defer s.mu.Unlock()
	for b := range s.bodies {
		if b.wait.stalled() {
			s.stalled.Add(1)
			_ = b.w.SetReadDeadline(time.Unix(1, 0))
		}
	}
	for t := range s.live.all() {
		if t.phase.Load() != Busy {
			continue
		}
		pending, acked := socket.Sending(t.socket)
		streams, cut := 0, t.unacked.stalled(pending, acked) || t.reading.stalled()
		if !cut && t.followed != nil {
			streams, cut = t.followed.resetStalled()
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
	for b := range s.bodies {
		if b.wait.seen.Load() > 0 {
			n++
		}
	}
	for t := range s.live.all() {
		if t.reading.seen.Load() > 0 {
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
