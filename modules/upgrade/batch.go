package upgrade

import (
	"cmp"
	"errors"
	"fmt"
	"net"
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

// pendingConn is a connection that waits to be handed over.
type pendingConn struct {
	server string
	conn   net.Conn
	done   func(taken bool)
}

// batch is what one message CONNS holds: copies of the first connections of the
// queue.
type batch struct {
	body wire.ConnsBody
	fds  []int
}

// newBatch duplicates conns, as many as this process may hold more descriptors.
// The caller closes it.
func newBatch(conns []pendingConn) *batch {
	b := &batch{fds: make([]int, 0, len(conns))}
	for _, p := range conns {
		fd, err := wire.Duplicate(p.conn)
		if err != nil {
			break
		}
		b.fds = append(b.fds, fd)
		b.body.Servers = append(b.body.Servers, p.server)
	}
	return b
}

func (b *batch) close() { wire.CloseFDs(b.fds) }

func (b *batch) send(to *successor, seq uint32) error {
	return to.conn.Send(wire.Conns, seq, b.body, b.fds...)
}

// awaitAck returns how many of the connections that were sent, from the first on,
// the successor has now. The others it does not have, unless the error says that
// it lives and has not answered.
func awaitAck(from *successor, seq uint32, sent int) (taken int, err error) {
	t := time.NewTimer(ackTime)
	defer t.Stop()
	select {
	case m := <-from.acks:
		return readAck(m, seq, sent)
	case <-from.lost: // not its end: an acknowledgement may still be on the way then
	case <-t.C:
		return 0, errSilent
	}
	select {
	case m := <-from.acks: // it came before
		return readAck(m, seq, sent)
	default:
		return 0, cmp.Or(from.broken, errGone)
	}
}

func readAck(m wire.Message, seq uint32, sent int) (taken int, err error) {
	var a wire.AckBody
	if err := m.Into(&a); err != nil || m.Seq != seq || a.K > sent {
		return 0, fmt.Errorf("it acknowledged %d connections of batch %d, not %d of batch %d",
			a.K, m.Seq, sent, seq)
	}
	return a.K, nil
}
