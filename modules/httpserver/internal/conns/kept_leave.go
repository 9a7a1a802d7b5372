package conns

import (
	"bufio"
	"net/http"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/keptcount"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// Kept reports whether Returned has anything to do.
func (s *Set) Kept() bool { return s.keeps.Load() > 0 }

// Returned is called when the handler of r has returned, before net/http completes
// the response. failed is true if the handler has panicked.
func (s *Set) Returned(w http.ResponseWriter, r *http.Request, failed bool) {
	t := ofRequest(r)
	if t == nil || t.kept == nil && t.arrived == nil {
		return
	}
	k, a := t.kept, t.arrived
	if t.arrived != nil { // the next request on the connection is another one
		t.arrived = nil
		s.keeps.Add(-1)
	}
	if k == nil {
		a.arrive()
		return
	}
	k.mu.Lock()
	told, left, ws := k.told, k.left, k.ws
	k.mu.Unlock()
	if ws != nil { // it outlives its handler
		if failed {
			k.failed()
		}
		return
	}
	switch {
	case told && failed:
		k.stays(keptcount.Panic)
		k.end()
	case failed || !left:
		if told && t.head.Done() {
			k.stays(keptcount.NotLeft)
		}
		k.end()
	case !s.leaveResponse(w, t, k):
		k.end()
	}
	t.kept = nil
}

// failed closes a WebSocket whose handler has panicked when it was to leave:
// nothing else would before the end of the stop.
func (k *Kept) failed() {
	k.mu.Lock()
	stays := k.told && !k.left && !k.over
	k.refused = k.refused || stays
	ws := k.ws
	k.mu.Unlock()
	if stays {
		k.stays(keptcount.Panic)
		_ = ws.Restart()
	}
}

// leaveResponse takes over from net/http a response whose handler has left: what
// was written is sent, but no end of the response. It returns false, and leaves the
// response to net/http, if it has a Content-Length.
func (s *Set) leaveResponse(w http.ResponseWriter, t *Tracked, k *Kept) bool {
	kind := stream.Response
	if !t.head.Done() && !t.head.Swallowing() && !t.begun(w) {
		kind = stream.Waiting
	}
	rc := http.NewResponseController(w)
	if kind == stream.Response && rc.Flush() != nil {
		return false
	}
	if kind == stream.Response && stream.HasLength(t.head.Print()) {
		k.stays(keptcount.Length)
		return false
	}
	t.leaves = true
	_, rw, err := rc.Hijack()
	if err != nil {
		return false
	}
	rest := append(buffered(rw.Reader), t.replay...)
	t.replay = nil
	if t.session != nil {
		rest = readPending(t.session, rest)
		k.export() // one that cannot move goes on here
	}
	s.handOver(k, kind, t.head.Print(), rest)
	return true
}

// begun reports whether the handler has begun a response of which nothing has
// reached the connection yet. net/http writes an informational response (RFC 9110,
// 15.2) only before that; begun tries it without sending it to the client.
func (t *Tracked) begun(w http.ResponseWriter) bool {
	t.probing, t.probed = true, false
	w.WriteHeader(http.StatusEarlyHints)
	t.probing = false
	return !t.probed
}

// buffered returns a copy of what r has read ahead.
func buffered(r *bufio.Reader) []byte {
	b, _ := r.Peek(r.Buffered())
	return append([]byte(nil), b...)
}

// handOver hands k's connection to the successor or, if there is no successor any
// more, begins its request again here.
func (s *Set) handOver(k *Kept, kind stream.Kind, print string, rest []byte) {
	rec := stream.Record{Kind: kind, Head: k.head, Print: print, State: k.state}
	if k.arrived != nil {
		rec.Moves = k.arrived.record.Moves
	}
	k.mu.Lock()
	held := k.held
	k.mu.Unlock()
	if !held.IsZero() {
		rec.Held = held.UnixNano()
	}
	m, to := s.move.Load(), s.takesKept()
	s.mu.Lock()
	s.kept.onTheWay++
	s.mu.Unlock()
	why := keptcount.Refused
	done := func(taken bool) {
		clear(k.t.encoded)
		switch {
		case taken:
			k.t.letGo()
			s.kept.count.Moved(held)
		case to != nil && s.move.Load() == m:
			s.kept.count.Stayed(why, 1)
		}
		s.arrivedThere(k, rec, rest, taken)
	}
	defer s.forget(k) // only when it is on its way, so that COMMIT does not overtake it
	if to != nil {
		rec.Moves++
		err := k.t.handOn(m, to, rec.Encode(), rest, done)
		if err == nil {
			return
		}
		why = staysFor(err)
	}
	done(false)
}

// arrivedThere ends the hand-over of k. If it was not taken, it begins again here,
// together with the others that were on their way.
func (s *Set) arrivedThere(k *Kept, rec stream.Record, rest []byte, taken bool) {
	s.mu.Lock()
	if s.kept.back == nil && !taken {
		s.kept.back = stream.NewBarrier(s.kept.onTheWay)
	}
	barrier := s.kept.back
	s.kept.onTheWay--
	if s.kept.onTheWay == 0 {
		s.kept.back = nil
	}
	s.mu.Unlock()
	rec.Held = 0
	switch {
	case !taken:
		s.Resume(k.t.raw, &rec, rest, Together{Barrier: barrier, Stays: s.move.Load() != nil})
	case barrier != nil:
		barrier.Arrive()
	}
	s.dropReleased(k)
}
