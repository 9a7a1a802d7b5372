package upgrade

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// ackTime is how long the successor may take to acknowledge a batch. It reads
// at all times; what is acknowledged is only that it holds the descriptors.
const ackTime = 5 * time.Second

var (
	errGone   = errors.New("it has ended or hung up")
	errSilent = fmt.Errorf("it did not acknowledge connections within %v", ackTime)
)

// pendingConn is a connection that waits to be handed over, with what goes along.
type pendingConn struct {
	wire.State
	conn net.Conn
	done func(taken bool)
}

// maxBatch is the size of a message from which on no connection is added to it. The
// largest own one is smaller than the rest of wire.MaxBody.
const maxBatch = wire.MaxBody / 2

// batch is what one message CONNS or STATES holds: copies of the first connections
// of the queue, as many as fit by their number and by their bytes.
type batch struct {
	states wire.StatesBody
	fds    []int
	plain  bool // nothing goes along with any
}

// newBatch duplicates conns, as many as this process may hold more descriptors.
// The caller closes it.
func newBatch(conns []pendingConn) *batch {
	b := &batch{plain: true}
	for size := 0; len(b.fds) < min(len(conns), wire.MaxFDs) && size < maxBatch; {
		p := conns[len(b.fds)]
		fd, err := wire.Duplicate(p.conn)
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

func (b *batch) close() { wire.CloseFDs(b.fds) }

// send sends CONNS if it can, which successors of every release understand.
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
// The others it does not have, unless the error says that it lives and has not
// answered.
func awaitAck(from *successor, seq uint32, sent int) (ack, error) {
	t := time.NewTimer(ackTime)
	defer t.Stop()
	select {
	case m := <-from.acks:
		return readAck(m, seq, sent)
	case <-from.lost: // not its end: an acknowledgement may still be on the way then
	case <-t.C:
		return ack{}, errSilent
	}
	select {
	case m := <-from.acks: // it came before
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
