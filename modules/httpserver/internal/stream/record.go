package stream

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Kind is which part of a response the client has when its connection leaves.
type Kind uint8

// The kinds of connections that leave.
const (
	Waiting   Kind = iota + 1 // nothing: the request is served again
	Response                  // the head and a part of the body
	Socket                    // the 101 of a WebSocket, and frames
	lastKind  = Socket
	recordV1  = 1
	lenPrefix = 4
	fixed     = 14 // version, kind, moves, held
)

// Limits of what goes with a connection, in bytes. A state longer than MaxState is
// refused when the handler gives it; a connection with a longer head or rest does
// not leave.
const (
	MaxState  = 64 << 10
	MaxUnread = 64 << 10
	MaxHead   = 64 << 10
)

// Record is what goes with a connection, besides the bytes that were read from it
// but not consumed.
type Record struct {
	Kind  Kind
	Moves uint32 // how often it has moved
	Held  int64  // since when nothing was read, in nanoseconds since 1970; 0: unknown
	Head  []byte // of the request, as net/http is to read it again
	Print string // the fingerprint of the response's head, see Fingerprint
	State []byte // of the handler
}

var errRecord = errors.New("not a record of a stream")

// Encode returns the record as bytes.
func (r *Record) Encode() []byte {
	b := make([]byte, 0, fixed+3*lenPrefix+len(r.Head)+len(r.Print)+len(r.State))
	b = append(b, recordV1, byte(r.Kind))
	b = binary.BigEndian.AppendUint32(b, r.Moves)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Held))
	for _, part := range [][]byte{r.Head, []byte(r.Print), r.State} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

// Decode is the inverse of Encode. It returns an error for what Encode never
// writes: another version, an unknown kind, parts above their limits, bytes at the
// end. The parts of the result share memory with b.
func Decode(b []byte) (*Record, error) {
	if len(b) < fixed || b[0] != recordV1 {
		return nil, fmt.Errorf("%w: %d bytes", errRecord, len(b))
	}
	r := &Record{Kind: Kind(b[1]), Moves: binary.BigEndian.Uint32(b[2:]), Held: int64(binary.BigEndian.Uint64(b[6:]))}
	if r.Kind == 0 || r.Kind > lastKind {
		return nil, fmt.Errorf("%w: kind %d", errRecord, b[1])
	}
	b = b[fixed:]
	var print []byte
	for _, part := range []struct {
		to  *[]byte
		max uint32
	}{{&r.Head, MaxHead}, {&print, MaxHead}, {&r.State, MaxState}} {
		if len(b) < lenPrefix {
			return nil, fmt.Errorf("%w: cut short", errRecord)
		}
		n := binary.BigEndian.Uint32(b)
		b = b[lenPrefix:]
		if n > part.max || uint64(n) > uint64(len(b)) {
			return nil, fmt.Errorf("%w: a part of %d bytes", errRecord, n)
		}
		if n > 0 {
			*part.to = b[:n:n]
		}
		b = b[n:]
	}
	if len(b) > 0 || len(r.Head) == 0 {
		return nil, fmt.Errorf("%w: %d bytes too many", errRecord, len(b))
	}
	r.Print = string(print)
	return r, nil
}
