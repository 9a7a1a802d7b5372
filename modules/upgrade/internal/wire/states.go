package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// StatesBody is the body of STATES: one entry for each descriptor. It is binary,
// not JSON, since it may hold secrets, and strings of JSON cannot be overwritten:
//
//	u16 length, server
//	u8  length, kind
//	u32 length, rest
//	u32 length, state
type StatesBody []State

// State is what goes with a connection. For a connection without a state Kind is
// empty and the other fields are nil.
type State struct {
	Server string
	Kind   string
	Unread []byte
	State  []byte
}

// Size returns the number of bytes that s takes in a message.
func (s *State) Size() int {
	return 2 + len(s.Server) + 1 + len(s.Kind) + 4 + len(s.Unread) + 4 + len(s.State)
}

func (b StatesBody) size() (n int) {
	for i := range b {
		n += b[i].Size()
	}
	return n
}

func (b StatesBody) append(to []byte) []byte {
	for i := range b {
		s := &b[i]
		to = append(binary.BigEndian.AppendUint16(to, uint16(len(s.Server))), s.Server...)
		to = append(append(to, uint8(len(s.Kind))), s.Kind...)
		to = append(binary.BigEndian.AppendUint32(to, uint32(len(s.Unread))), s.Unread...)
		to = append(binary.BigEndian.AppendUint32(to, uint32(len(s.State))), s.State...)
	}
	return to
}

// check returns an error for what the format cannot hold.
func (b StatesBody) check() error {
	for i := range b {
		if len(b[i].Server) > 1<<16-1 || len(b[i].Kind) > 1<<8-1 {
			return fmt.Errorf("names of %d and %d bytes are too long", len(b[i].Server), len(b[i].Kind))
		}
	}
	return nil
}

var errCut = errors.New("the list of states is cut short")

// parseStates reads a whole body. Unread and State are parts of it.
func parseStates(body []byte) (all StatesBody, err error) {
	field := func(width int) []byte {
		if err != nil || len(body) < width {
			err = errCut
			return nil
		}
		var n uint64
		for _, b := range body[:width] {
			n = n<<8 | uint64(b)
		}
		body = body[width:]
		if n > uint64(len(body)) {
			err = errCut
			return nil
		}
		value := body[:n:n]
		body = body[n:]
		return value
	}
	for len(body) > 0 && err == nil {
		all = append(all, State{
			Server: string(field(2)), Kind: string(field(1)), Unread: field(4), State: field(4),
		})
	}
	return all, err
}
