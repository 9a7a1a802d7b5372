package tlsmove

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
)

// The encoding of a State: big endian, each field of variable length after its
// length in 4 bytes. It is binary, not JSON, so that a copy can be zeroed.
//
//	format 1 | flags 1 | version 2 | suite 2 | curve 2
//	sequence 8, secret   of what the client sends
//	sequence 8, secret   of what the server sends
//	server name, ALPN, tls-unique
//	number of certificates 4, each certificate

const (
	formatOne = 1

	flagResumed = 1 << 0
	flagRetried = 1 << 1
	knownFlags  = flagResumed | flagRetried
)

// MaxEncoded is the most bytes that an encoded State may have. A connection whose
// client has larger certificates does not move.
const MaxEncoded = 64 << 10

// ErrTooLarge means that the client's certificates make the state larger than
// [MaxEncoded].
var ErrTooLarge = fmt.Errorf("the encoded state exceeds %d bytes", MaxEncoded)

// Encode returns the bytes that [Decode] reads. The caller zeroes them after use.
func (s *State) Encode() ([]byte, error) {
	size := s.encodedLen()
	if size > MaxEncoded {
		return nil, ErrTooLarge
	}
	b := make([]byte, 0, size) // enough: growing would leave copies of secrets
	var flags byte
	if s.Resumed {
		flags |= flagResumed
	}
	if s.Retried {
		flags |= flagRetried
	}
	b = append(b, formatOne, flags)
	for _, v := range []uint16{s.Version, s.Suite, uint16(s.Curve)} {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	for _, k := range []Keys{s.In, s.Out} {
		b = binary.BigEndian.AppendUint64(b, k.Sequence)
		b = appendField(b, k.Secret)
	}
	b = appendField(b, s.ServerName)
	b = appendField(b, s.ALPN)
	b = appendField(b, s.Unique)
	b = binary.BigEndian.AppendUint32(b, uint32(len(s.Peer)))
	for _, c := range s.Peer {
		b = appendField(b, c)
	}
	return b, nil
}

func (s *State) encodedLen() int {
	n := 2 + 3*2 + 2*8 + 6*4
	n += len(s.In.Secret) + len(s.Out.Secret) + len(s.ServerName) + len(s.ALPN) + len(s.Unique)
	for _, c := range s.Peer {
		n += 4 + len(c)
	}
	return n
}

func appendField[T []byte | string](b []byte, p T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
	return append(b, p...)
}

// Decode reads what Encode has written and checks that it can be continued. It
// keeps no part of b, so the caller can zero it.
func Decode(b []byte) (*State, error) {
	if len(b) > MaxEncoded {
		return nil, ErrTooLarge
	}
	d := decoder{rest: b}
	if format := d.byte(); format != formatOne && !d.cut {
		return nil, fmt.Errorf("state of a TLS connection: format %d is not known", format)
	}
	s := d.state()
	err := s.check()
	switch {
	case d.cut:
		err = errors.New("is cut short")
	case len(d.rest) > 0:
		err = fmt.Errorf("has %d bytes too many", len(d.rest))
	case d.flags&^knownFlags != 0:
		err = fmt.Errorf("has unknown flags %#x", d.flags)
	}
	if err != nil {
		s.Wipe()
		return nil, fmt.Errorf("state of a TLS connection: %w", err)
	}
	return s, nil
}

// decoder reads fields until too few bytes are left for one.
type decoder struct {
	rest  []byte
	cut   bool
	flags byte
}

func (d *decoder) state() *State {
	s := &State{}
	d.flags = d.byte()
	s.Resumed, s.Retried = d.flags&flagResumed != 0, d.flags&flagRetried != 0
	s.Version, s.Suite, s.Curve = d.uint16(), d.uint16(), tls.CurveID(d.uint16())
	for _, k := range []*Keys{&s.In, &s.Out} {
		k.Sequence = d.uint64()
		k.Secret = d.field()
	}
	s.ServerName, s.ALPN, s.Unique = string(d.field()), string(d.field()), d.field()
	for n := d.uint32(); n > 0 && !d.cut; n-- {
		s.Peer = append(s.Peer, d.field())
	}
	return s
}

// next returns the next n bytes, or n zeros if there are fewer.
func (d *decoder) next(n int) []byte {
	if n > len(d.rest) {
		d.cut, d.rest = true, nil
		return make([]byte, min(n, 8))
	}
	p := d.rest[:n]
	d.rest = d.rest[n:]
	return p
}

func (d *decoder) byte() byte     { return d.next(1)[0] }
func (d *decoder) uint16() uint16 { return binary.BigEndian.Uint16(d.next(2)) }
func (d *decoder) uint32() uint32 { return binary.BigEndian.Uint32(d.next(4)) }
func (d *decoder) uint64() uint64 { return binary.BigEndian.Uint64(d.next(8)) }

// field returns a copy of the next field, or nil if it is empty.
func (d *decoder) field() []byte {
	n := d.uint32()
	if n > MaxEncoded {
		d.cut, d.rest = true, nil
	}
	if d.cut || n == 0 {
		return nil
	}
	return append([]byte(nil), d.next(int(n))...)
}
