package upgrade

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// ackTime is how long the successor may take to acknowledge a batch. It reads at
// all times, and acknowledges only that it holds the descriptors.
const ackTime = 5 * time.Second

var (
	errGone   = errors.New("it has ended or hung up")
	errSilent = fmt.Errorf("it did not acknowledge connections within %v", ackTime)
)

// pendingConn is a connection that waits to be handed over, with its state.
type pendingConn struct {
	wire.State
	conn net.Conn
	done func(taken bool)
}

// maxBatch is the size from which on no connection is added to a message. The
// largest connection is smaller than the rest of wire.MaxBody.
const maxBatch = wire.MaxBody / 2

// batch is the content of one message CONNS or STATES: copies of the first
// connections of the queue, as many as fit by number and by size.
type batch struct {
	states wire.StatesBody
	fds    []int
	copies []int // those of fds that the batch has made
	plain  bool  // no connection has a state
}

// newBatch duplicates conns, as far as this process may hold more descriptors. The
// caller closes it.
func newBatch(conns []pendingConn) *batch {
	n := min(len(conns), wire.MaxFDs)
	b := &batch{states: make(wire.StatesBody, 0, n), fds: make([]int, 0, n), plain: true}
	for size := 0; len(b.fds) < n && size < maxBatch; {
		p := conns[len(b.fds)]
		fd, err := b.descriptorOf(p.conn)
		if err != nil {
			break
		}
		size += p.State.Size()
		b.fds = append(b.fds, fd)
		b.states = append(b.states, p.State)
		b.plain = b.plain && p.Kind == ""
	}
	return b
}

// descriptorOf returns a descriptor to send. That of a Go connection may be closed
// at any time, so it is duplicated; an app.Unopened is not touched until it is
// settled which process has it.
func (b *batch) descriptorOf(c net.Conn) (int, error) {
	if u, ok := c.(app.Unopened); ok {
		return u.Descriptor(), nil
	}
	fd, err := descriptor.Duplicate(c)
	if err == nil {
		b.copies = append(b.copies, fd)
	}
	return fd, err
}

func (b *batch) close() { descriptor.CloseAll(b.copies) }

// send sends CONNS if that is enough, since successors of every release understand
// it.
func (b *batch) send(to *successor, seq uint32) error {
	if !b.plain {
		return to.conn.SendStates(seq, b.states, b.fds)
	}
	var body wire.ConnsBody
	for _, s := range b.states {
		body.Servers = append(body.Servers, s.Server)
	}
	return to.conn.Send(wire.Conns, seq, body, b.fds...)
}

// ack says which connections of a batch the successor has: the first taken, without
// those that it refuses.
type ack struct {
	taken   int
	refused []int
}

func (a ack) has(i int) bool { return i < a.taken && !slices.Contains(a.refused, i) }

// awaitAck returns which of the connections that were sent the successor has now.
// It does not have the others, unless the error says that it is alive and has not
// answered.
func awaitAck(from *successor, seq uint32, sent int) (ack, error) {
	t := time.NewTimer(ackTime)
	defer t.Stop()
	select {
	case m := <-from.acks:
		return readAck(m, seq, sent)
	case <-from.lost: // not the end of the process: an acknowledgement may still be on its way then
	case <-t.C:
		return ack{}, errSilent
	}
	select {
	case m := <-from.acks: // it came first
		return readAck(m, seq, sent)
	default:
		return ack{}, cmp.Or(from.broken, errGone)
	}
}

func readAck(m wire.Message, seq uint32, sent int) (ack, error) {
	var a wire.AckBody
	if err := m.Into(&a); err != nil || m.Seq != seq || a.K > sent {
		return ack{}, fmt.Errorf("it acknowledged %d connections of batch %d, not %d of batch %d",
			a.K, m.Seq, sent, seq)
	}
	return ack{a.K, a.Refused}, nil
}

// sentBatch is a batch that was tried. The successor acknowledges batches in the
// order in which they were sent.
type sentBatch struct {
	seq   uint32
	conns []pendingConn
	asked bool
}

// sendBatch sends the first of conns, as many as a message holds and as far as this
// process may hold more descriptors, and returns those that it has tried.
func (h *handover) sendBatch(seq uint32, conns []pendingConn) sentBatch {
	b := newBatch(conns)
	defer b.close() // the kernel holds what is under way
	n := len(b.fds)
	if n == 0 {
		return sentBatch{seq, conns[:1], false} // of this one only
	}
	h.onStep("conns")
	if err := b.send(h.to, seq); err != nil {
		h.lose(err)
		return sentBatch{seq, conns[:n], false}
	}
	return sentBatch{seq, conns[:n], true}
}

// answerTo waits for the acknowledgement of a batch, and returns which of it the
// successor has now. The others certainly belong to this process: a connection is
// never served by two.
func (h *handover) answerTo(b sentBatch) ack {
	if !b.asked {
		return ack{}
	}
	n := len(b.conns)
	answer, err := awaitAck(h.to, b.seq, n)
	switch {
	case err != nil && !errors.Is(err, errGone) && h.currentOwner() == theirs:
		// It is in charge and must live. It will find them in its socket.
		h.fail(err, true)
		return ack{taken: n}
	case err != nil:
		h.lose(err)
		return ack{}
	case answer.taken < n:
		h.fail(fmt.Errorf("it took %d of %d connections: its limit of open files is reached", answer.taken, n), false)
	}
	return answer
}
