package conns

import (
	"sync"

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
