package conns

import (
	"net"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/closeheader"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

// arrival is what a connection came with from an earlier handler of its request.
type arrival struct {
	record  *stream.Record
	late    bool
	barrier *stream.Barrier // nil: it waits for no others
	once    sync.Once
}

// arrive records that the handler is there, or will not come.
func (a *arrival) arrive() {
	a.once.Do(func() {
		if a.barrier != nil {
			a.barrier.Arrive()
		}
	})
}

// Together describes with which others a connection begins again.
type Together struct {
	Barrier *stream.Barrier // nil: with none
	Late    bool            // the others have begun before
	Stays   bool            // the present successor does not get it
}

// Resume makes net/http serve the request of rec again on nc, from which rest was
// read but not consumed.
func (s *Set) Resume(nc net.Conn, rec *stream.Record, rest []byte, how Together) {
	_ = nc.SetDeadline(time.Time{})
	c := s.Add(nc, Options{})
	t := Of(c)
	t.stays.Store(how.Stays)
	t.arrived = &arrival{record: rec, late: how.Late, barrier: how.Barrier}
	t.replay = append(append(make([]byte, 0, len(rec.Head)+len(rest)), rec.Head...), rest...)
	head := stream.HeadFilter{}
	if rec.Kind != stream.Waiting {
		head = stream.Swallow(rec.Print)
	}
	t.head, t.resumedSocket = &head, rec.Kind == stream.Socket
	s.keeps.Add(1) // until Returned has seen it
	s.Queue.Put(c)
}

// neverServed is called when a connection is closed. If net/http has not got to the
// request that was to begin again, the client has gone away.
func (s *Set) neverServed(t *Tracked) {
	if a := t.arrived; a != nil {
		t.arrived = nil
		s.keeps.Add(-1)
		a.arrive()
	}
}

// readReplay reads the bytes that net/http is to read before those of the socket.
func (t *Tracked) readReplay(p []byte) int {
	n := copy(p, t.replay)
	t.replay = t.replay[n:]
	t.phase.Store(Busy)
	return n
}

// writeHead writes the beginning of a response that may move, or of one that
// continues a response whose head the client has.
func (t *Tracked) writeHead(p []byte) (int, error) {
	if t.probing && closeheader.Interim(p) {
		t.probed = true
		return len(p), nil
	}
	swallows := t.head.Swallowing()
	pass, _, err := t.head.Filter(p)
	switch {
	case err != nil:
		t.refuse()
		return 0, err
	case !swallows:
		if t.head.Done() {
			return t.writeFirst(p)
		}
		return t.raw.Write(p)
	case t.head.Done():
		t.headDue.Store(false)
		if a := t.arrived; a != nil {
			a.arrive()
			t.set.kept.count.Resumed(a.record)
		}
	}
	if len(pass) == 0 {
		return len(p), nil
	}
	n, err := t.raw.Write(pass)
	return max(0, len(p)-len(pass)+n), err
}

// refuse closes a connection whose handler began another response than the one
// that its client has.
func (t *Tracked) refuse() {
	if t.resumedSocket {
		_, _ = t.raw.Write(stream.ServiceRestart())
	}
	_ = t.raw.Close()
	if a := t.arrived; a != nil {
		a.arrive()
	}
}
