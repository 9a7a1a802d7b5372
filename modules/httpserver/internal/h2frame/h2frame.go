// Package h2frame has what this project needs to know of HTTP/2 frames (RFC 9113,
// 4.1 and 6): where they begin and end, and the few that it writes itself. It
// exists because the connections, the trial at the start and the tests all follow
// frames.
package h2frame

import (
	"encoding/binary"
	"io"
)

// Preface is what a client begins with (RFC 9113, 3.4).
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Types of frames.
const (
	Data         = 0
	Headers      = 1
	Priority     = 2
	ResetStream  = 3
	Settings     = 4
	PushPromise  = 5
	Ping         = 6
	GoAway       = 7
	WindowUpdate = 8
	Continuation = 9
)

// Flags of frames.
const (
	FlagAck        = 1 // of SETTINGS and PING: an acknowledgement
	FlagEndStream  = 1 // of DATA and HEADERS
	FlagEndHeaders = 4 // of HEADERS, PUSH_PROMISE and CONTINUATION
)

// EveryStream is the highest possible stream identifier.
const EveryStream = 1<<31 - 1

// Error codes (RFC 9113, 7).
const (
	Cancel             = 8
	InadequateSecurity = 0xc
)

// PingData marks our PING among those of net/http.
const PingData = "goodbye?"

// HeadSize is the size of a frame without its payload.
const HeadSize = 9

// Parser finds the boundaries of frames in a stream of bytes. The zero value is at
// the beginning of a frame.
type Parser struct {
	head  [HeadSize]byte // length (3), type, flags, stream (4)
	have  int            // bytes of head
	left  int            // bytes of payload to come
	block bool           // a header block goes on in the next frame
}

// Type returns the type of the last frame that has begun.
func (p *Parser) Type() byte { return p.head[3] }

// Flags returns the flags of the last frame that has begun.
func (p *Parser) Flags() byte { return p.head[4] }

// Stream returns the stream of the last frame that has begun.
func (p *Parser) Stream() uint32 { return binary.BigEndian.Uint32(p.head[5:]) & EveryStream }

// Left returns how many bytes of its payload are still to come.
func (p *Parser) Left() int { return p.left }

// Whole reports whether another frame may begin after what was fed: at the end of a
// frame, and not between HEADERS and CONTINUATION (RFC 9113, 4.3).
func (p *Parser) Whole() bool { return p.have == 0 && p.left == 0 && !p.block }

// Feed takes bytes and calls begun when the head of a frame is complete. payload,
// if it is not nil, is called with the parts of the payload as they come.
func (p *Parser) Feed(b []byte, begun func(), payload func([]byte)) {
	for len(b) > 0 {
		if p.left > 0 {
			n := min(p.left, len(b))
			p.left -= n
			if payload != nil {
				payload(b[:n])
			}
			b = b[n:]
			continue
		}
		n := copy(p.head[p.have:], b)
		p.have += n
		b = b[n:]
		if p.have == HeadSize {
			p.have = 0
			p.left = int(p.head[0])<<16 | int(p.head[1])<<8 | int(p.head[2])
			switch p.Type() {
			case Headers, PushPromise, Continuation:
				p.block = p.Flags()&FlagEndHeaders == 0
			}
			begun()
		}
	}
}

// Read reads the next frame.
func Read(r io.Reader) (p Parser, payload []byte, err error) {
	head := make([]byte, HeadSize)
	if _, err := io.ReadFull(r, head); err != nil {
		return p, nil, err
	}
	p.Feed(head, func() {}, nil)
	payload = make([]byte, p.left)
	_, err = io.ReadFull(r, payload)
	return p, payload, err
}

// ReadUntil reads frames until one of type typ has come.
func ReadUntil(r io.Reader, typ byte) error {
	for {
		p, _, err := Read(r)
		if err != nil {
			return err
		}
		if p.Type() == typ {
			return nil
		}
	}
}

// AppendGoAway appends a GOAWAY without an error that promises an answer to all
// streams up to last.
func AppendGoAway(b []byte, last uint32) []byte { return appendGoAway(b, last, 0) }

// Refuse returns a GOAWAY that refuses a connection.
func Refuse(code uint32) []byte { return appendGoAway(nil, 0, code) }

func appendGoAway(b []byte, last, code uint32) []byte {
	b = append(b, 0, 0, 8, GoAway, 0, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, last)
	return binary.BigEndian.AppendUint32(b, code)
}

// AppendHead appends the head of a frame with a payload of n bytes.
func AppendHead(b []byte, n int, typ, flags byte, stream uint32) []byte {
	b = append(b, byte(n>>16), byte(n>>8), byte(n), typ, flags)
	return binary.BigEndian.AppendUint32(b, stream)
}

// AppendWindowUpdate appends a WINDOW_UPDATE of the connection.
func AppendWindowUpdate(b []byte, n uint32) []byte {
	return binary.BigEndian.AppendUint32(AppendHead(b, 4, WindowUpdate, 0, 0), n)
}

// AppendPing appends a PING with PingData.
func AppendPing(b []byte) []byte {
	b = append(b, 0, 0, 8, Ping, 0, 0, 0, 0, 0)
	return append(b, PingData...)
}

// ResetSize is the size of a RST_STREAM.
const ResetSize = HeadSize + 4

// AppendReset appends a RST_STREAM.
func AppendReset(b []byte, stream, code uint32) []byte {
	b = append(b, 0, 0, 4, ResetStream, 0)
	b = binary.BigEndian.AppendUint32(b, stream)
	return binary.BigEndian.AppendUint32(b, code)
}
