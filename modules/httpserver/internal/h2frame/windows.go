package h2frame

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// initialWindow is the initial window of a connection and of each of its streams
// (RFC 9113, 6.9.2).
const initialWindow = 65535

// settingInitialWindow is the setting that changes it for streams.
const settingInitialWindow = 4

// Windows follows how much a server may send (RFC 9113, 5.2) on each stream whose
// response is not complete. So it knows which responses wait for their client.
type Windows struct {
	conn, initial int64
	streams       []stream // by id
	leaving       bool     // net/http has sent GOAWAY, and ignores new streams
}

// stream is a stream whose response is not complete.
type stream struct {
	id     uint32
	window int64
	begun  bool // the header of the response has been sent
	waits  int  // how often in a row Waiting has found it without room
}

// NewWindows returns the windows of a new connection.
func NewWindows() Windows { return Windows{conn: initialWindow, initial: initialWindow} }

func (w *Windows) find(id uint32) (int, bool) {
	return slices.BinarySearchFunc(w.streams, id, func(s stream, id uint32) int { return cmp.Compare(s.id, id) })
}

// Opened records a stream that the client has opened.
func (w *Windows) Opened(id uint32) {
	if i, there := w.find(id); !there && !w.leaving {
		w.streams = slices.Insert(w.streams, i, stream{id: id, window: w.initial})
	}
}

// Closed records that nothing more is sent on a stream.
func (w *Windows) Closed(id uint32) {
	if i, there := w.find(id); there {
		w.streams = slices.Delete(w.streams, i, i+1)
	}
}

// Sent records a frame of the server whose head is complete.
func (w *Windows) Sent(p *Parser) {
	id := p.Stream()
	i, there := w.find(id)
	switch p.Type() {
	case Data:
		w.conn -= int64(p.Left())
		if there {
			w.streams[i].window -= int64(p.Left())
			w.streams[i].waits = 0
		}
	case Headers:
		if there {
			w.streams[i].begun = true
		}
	case ResetStream:
		w.Closed(id)
		return
	case GoAway:
		w.leaving = true
		return
	default:
		return
	}
	if p.Flags()&FlagEndStream != 0 {
		w.Closed(id)
	}
}

// Received records one unit of the payload of a frame of the client, whose head is
// in p.
func (w *Windows) Received(p *Parser, unit []byte) {
	switch p.Type() {
	case Settings:
		if binary.BigEndian.Uint16(unit) != settingInitialWindow || p.Flags()&FlagAck != 0 {
			return
		}
		size := int64(binary.BigEndian.Uint32(unit[2:]))
		for i := range w.streams {
			w.streams[i].window += size - w.initial
		}
		w.initial = size
	case WindowUpdate:
		n := int64(binary.BigEndian.Uint32(unit) & EveryStream)
		if p.Stream() == 0 {
			w.conn += n
		} else if i, there := w.find(p.Stream()); there {
			w.streams[i].window += n
		}
	}
}

// Waiting is called in each scan. It removes and returns the streams whose response
// has begun, but has been without room in so many calls in a row, with nothing sent
// in between. With exempt it finds none.
func (w *Windows) Waiting(times int, exempt bool) (ids []uint32) {
	for i := range w.streams {
		s := &w.streams[i]
		if exempt || !s.begun || s.window > 0 && w.conn > 0 {
			s.waits = 0
		} else if s.waits++; s.waits > times {
			ids = append(ids, s.id)
		}
	}
	for _, id := range ids {
		w.Closed(id)
	}
	return ids
}
