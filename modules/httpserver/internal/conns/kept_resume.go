package conns

import (
	"net"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
)

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
