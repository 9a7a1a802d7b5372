package conns

import (
	"net/http"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/keptcount"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// Kept is a request whose handler lets its connection move while it runs. The
// handler in the successor gets the same request again, with the state that this
// one has left.
//
//	kept ──► told ──► left ──► handed ──► taken by the successor
//	  │        │        │         └─────► taken back: the request begins again here
//	  └────────┴────────┴──► ended: the response, or the connection, is over
//
// There are two kinds. A response that net/http writes leaves when its handler
// has returned. A WebSocket, which the handler has hijacked, leaves at once.
type Kept struct {
	t       *Tracked
	set     *Set
	arrived *arrival // what it came with; nil if the request began in this process
	head    []byte   // of the request
	socket  bool     // the request asks for a WebSocket

	released bool // net/http has released the connection; guarded by set.mu

	mu      sync.Mutex // guards everything below; no method of ws is called with it held
	moving  chan struct{}
	told    bool // moving is closed
	left    bool
	refused bool // it tried to leave with too much
	state   []byte
	save    func() []byte
	ws      *stream.WebSocket // nil: net/http writes the response
	over    bool              // handed or ended
	held    time.Time         // since when nothing is read; zero: it is being read
	why     string            // why it does not move
}

// kept has the requests whose handlers have called Keep. The mutex of the Set
// guards it.
type kept struct {
	all      map[*Kept]struct{} // that have neither been handed nor ended
	released int                // connections that net/http has released, also those on their way
	onTheWay int                // handed over, but not answered by the successor
	back     *stream.Barrier    // of those that are taken back together
	count    keptcount.Counts
}

// Keep returns the Kept of r, or nil if its connection cannot move while the
// handler runs. A second call returns the same. The handler calls it before the
// response begins.
func Keep(r *http.Request) *Kept {
	t := ofRequest(r)
	if t == nil || t.belowTLS || t.http2 || t.released || t.session != nil && t.session.Movable() != nil {
		return nil
	}
	if t.kept != nil {
		return t.kept
	}
	head, ok := stream.RequestHead(r)
	if !ok {
		return nil
	}
	stream.CompressEach(r.Header)
	k := &Kept{t: t, set: t.set, arrived: t.arrived, head: head, socket: stream.IsWebSocket(r), moving: make(chan struct{})}
	if t.head == nil {
		t.head = &stream.HeadFilter{}
	}
	t.kept = k
	if k.arrived != nil && !t.head.Swallowing() {
		k.arrived.arrive() // a request that waits: its client has no head
	}
	t.set.addKept(k)
	return k
}

func (s *Set) addKept(k *Kept) {
	s.mu.Lock()
	s.kept.all[k] = struct{}{}
	s.mu.Unlock()
	s.keeps.Add(1)
	if s.takesKept() != nil && !k.t.stays.Load() {
		k.goAway()
	}
}

// forget removes k from the Set, once. It reports whether this call did.
func (s *Set) forget(k *Kept) bool {
	k.mu.Lock()
	first := !k.over
	k.over = true
	k.mu.Unlock()
	if !first {
		return false
	}
	s.keeps.Add(-1)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept.all, k)
	return true
}

// end records that the connection will not move: its response is complete, or it is
// closed.
func (k *Kept) end() {
	if !k.set.forget(k) {
		return
	}
	k.mu.Lock()
	why := k.why
	k.mu.Unlock()
	if why != "" && k.set.takesKept() != nil {
		k.set.kept.count.Stayed(why, 1)
	}
	if k.arrived != nil {
		k.arrived.arrive()
	}
	k.set.dropReleased(k)
}

// dropReleased stops counting a connection that net/http has released.
func (s *Set) dropReleased(k *Kept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.released {
		k.released = false
		s.kept.released--
		s.closeIfEmptyLocked()
	}
}

// Resumed reports whether an earlier handler of the same request has left.
func (k *Kept) Resumed() bool { return k.arrived != nil }

// State returns what the earlier handler has left.
func (k *Kept) State() []byte {
	if k.arrived == nil {
		return nil
	}
	return k.arrived.record.State
}

// Late reports whether the connection came after others that moved together.
func (k *Kept) Late() bool { return k.arrived != nil && k.arrived.late }

// Moving returns a channel that is closed when the connection is to move.
func (k *Kept) Moving() <-chan struct{} { return k.moving }

// tell closes Moving.
func (k *Kept) tell() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.told {
		k.told = true
		k.heldLocked()
		close(k.moving)
	}
}

// stays records why the connection does not move. The first reason counts.
func (k *Kept) stays(why string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.why == "" {
		k.why = why
	}
}

// heldLocked records that nothing is read from now on.
func (k *Kept) heldLocked() {
	if k.held.IsZero() {
		k.held = time.Now()
	}
}

// OnLeave registers a function that returns the state if a WebSocket is closed that
// is to move.
func (k *Kept) OnLeave(save func() []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.save = save
}

func (k *Kept) conn() *stream.WebSocket {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ws
}

// KeptCounts returns what became of kept connections in the last move, how many
// have come from a predecessor, and the longest pause of these.
func (s *Set) KeptCounts() (to app.Kept, came int, pause time.Duration) { return s.kept.count.Now() }

// goAway ends the reads of a WebSocket at the next message boundary; any other
// handler it tells to leave.
func (k *Kept) goAway() {
	switch ws := k.conn(); {
	case ws != nil:
		ws.Go()
	case !k.socket: // for a WebSocket this happens once it is hijacked
		k.tell()
	}
}
