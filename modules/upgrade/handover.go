package upgrade

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// handover hands connections to the successor in batches, of which a few are under
// way at a time. It is the app.StateSuccessor that servers see; its counterpart is
// handedConns. The successor holds the connections that it has acknowledged, but
// does not serve them before it has answered COMMIT. Until then this process keeps
// its copies; settle decides which of the two serves them.
type handover struct {
	to     *successor
	can    abilities // of to
	onStep func(string)

	mu     sync.Mutex    // guards everything below
	queue  []pendingConn // includes those under way
	sent   int           // queue[:sent] is under way
	acked  []pendingConn // acknowledged, not settled
	owner  owner
	closed bool  // nothing is accepted any more
	err    error // why nothing more is sent
	fatal  bool  // with err there is no successor any more
	handed int
	back   int

	wake    chan struct{} // holds one token while there is something to do
	emptied chan struct{} // holds one token since queue was last emptied
	ended   chan struct{} // closed when run has returned
}

// owner is the process that serves what the successor has acknowledged.
type owner int

const (
	unsettled owner = iota
	theirs
	ours
)

var _ app.StateSuccessor = (*handover)(nil)

func newHandover(to *successor, can abilities, onStep func(string)) *handover {
	h := &handover{to: to, can: can, onStep: onStep,
		wake: make(chan struct{}, 1), emptied: make(chan struct{}, 1), ended: make(chan struct{})}
	go h.run()
	return h
}

// Hand implements app.Successor.
func (h *handover) Hand(server string, c net.Conn, done func(taken bool)) {
	h.add(pendingConn{wire.State{Server: server}, c, done})
}

// Takes implements app.StateSuccessor.
func (h *handover) Takes(server, kind string) bool { return h.can[server][kind] }

// HandWith implements app.StateSuccessor.
func (h *handover) HandWith(server string, c *app.HandedConn, done func(taken bool)) error {
	switch {
	case c.Kind == "" || !h.Takes(server, c.Kind):
		return fmt.Errorf("the successor's server %q does not take connections of the kind %q", server, c.Kind)
	case len(c.Unread) > app.MaxUnread || len(c.State) > app.MaxState:
		return fmt.Errorf("%w: %d unread bytes (at most %d), a state of %d (at most %d)",
			app.ErrTooMuch, len(c.Unread), app.MaxUnread, len(c.State), app.MaxState)
	}
	h.add(pendingConn{wire.State{Server: server, Kind: c.Kind, Unread: c.Unread, State: c.State}, c.Conn, done})
	return nil
}

func (h *handover) add(p pendingConn) {
	h.mu.Lock()
	refused := h.closed || !h.can[p.Server][p.Kind]
	if !refused {
		h.queue = append(h.queue, p)
	}
	h.mu.Unlock()
	if refused {
		go p.done(false)
		return
	}
	poke(h.wake)
}

// poke puts the one token into c that it holds.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// close sends the connections that wait and ends the handover. Later ones go back.
func (h *handover) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	poke(h.wake)
	<-h.ended
}

// stop is close for a successor that is rejected: connections that wait go back,
// and so do those that it has, unless they are settled.
func (h *handover) stop(why error) {
	h.fail(why, true)
	h.settle(ours)
	h.close()
}

// settle decides, once, which process serves the connections that the successor has
// acknowledged or will acknowledge.
func (h *handover) settle(o owner) {
	h.mu.Lock()
	if h.owner != unsettled {
		h.mu.Unlock()
		return
	}
	h.owner = o
	acked := h.acked
	h.acked = nil
	if o == ours {
		h.handed -= len(acked)
		h.back += len(acked)
	}
	h.mu.Unlock()
	for _, p := range acked {
		p.done(o == theirs)
	}
}

// waitEmpty blocks until nothing is on its way, or until ctx ends. One goroutine
// may wait at a time.
func (h *handover) waitEmpty(ctx context.Context) {
	for h.waiting() {
		select {
		case <-h.emptied:
		case <-ctx.Done():
			return
		}
	}
}

func (h *handover) waiting() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.queue) > 0
}

// counts returns how many connections the successor has, how many went back and, if
// the successor is lost, why.
func (h *handover) counts() (handed, back int, lost error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fatal {
		lost = h.err
	}
	return h.handed, h.back, lost
}

func (h *handover) fail(err error, fatal bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.err, h.fatal = err, fatal
	}
}

func (h *handover) currentOwner() owner {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.owner
}

// underWay is how many batches may wait for their acknowledgement at a time. One
// would do if the successor answered at once; if its processor is busy, the next
// ones are there when it gets to read. The kernel counts descriptors that are under
// way against the limit of open files (unix(7), ETOOMANYREFS): four batches are
// 1012.
const underWay = 4

func (h *handover) run() {
	defer close(h.ended)
	room := make(chan struct{}, underWay)
	sent := make(chan sentBatch, underWay)
	var answers sync.WaitGroup
	answers.Go(func() {
		for b := range sent {
			h.complete(b.conns, h.answerTo(b))
			<-room
		}
	})
	for seq := uint32(1); ; seq++ {
		room <- struct{}{}
		conns, err, more := h.next()
		if !more {
			break
		}
		b := sentBatch{seq, conns, false}
		if err == nil {
			b = h.sendBatch(seq, conns)
		}
		h.mu.Lock()
		h.sent += len(b.conns)
		h.mu.Unlock()
		sent <- b
	}
	close(sent)
	answers.Wait()
}

// next waits for connections and returns the first that are not under way, at most
// as many as one message can hold. more is false when no more will come.
func (h *handover) next() (batch []pendingConn, err error, more bool) {
	for {
		h.mu.Lock()
		waiting := h.queue[h.sent:]
		if n := min(len(waiting), wire.MaxFDs); n > 0 {
			batch, err = waiting[:n:n], h.err
			h.mu.Unlock()
			return batch, err, true
		}
		closed := h.closed
		h.mu.Unlock()
		if closed {
			return nil, nil, false
		}
		<-h.wake
	}
}

// complete handles the answer to a batch that was tried: which of its connections
// the successor has.
func (h *handover) complete(batch []pendingConn, answer ack) {
	var held, back []pendingConn
	h.mu.Lock()
	h.queue = h.queue[len(batch):]
	h.sent -= len(batch)
	if len(h.queue) == 0 {
		h.queue = nil
		poke(h.emptied)
	}
	for i, p := range batch {
		if answer.has(i) && h.owner != ours {
			held = append(held, p)
		} else {
			back = append(back, p)
		}
	}
	h.handed += len(held)
	h.back += len(back)
	if h.owner == unsettled {
		h.acked = append(h.acked, held...)
		held = nil
	}
	h.mu.Unlock()
	for _, p := range held {
		p.done(true)
	}
	for _, p := range back {
		p.done(false)
	}
}

// lose gives up the successor. It serves a connection only after it has sent the
// acknowledgement, so a successor that has hung up served none of the batch. If it
// is alive and sends nothing, or nonsense, that cannot be known: it must not live,
// unless it is in charge.
func (h *handover) lose(err error) {
	h.fail(err, true) // first, so that its end is seen with its cause
	if !errors.Is(err, errGone) && !wire.IsHangup(err) && h.currentOwner() != theirs {
		h.to.kill()
	}
}
