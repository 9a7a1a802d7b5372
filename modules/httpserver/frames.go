package httpserver

import "encoding/binary"

// What matters here of the frames of HTTP/2 (RFC 9113, 4.1 and 6).
const (
	clientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

	frameHeaders  = 1
	frameSettings = 4
	framePing     = 6
	frameGoAway   = 7

	flagAck     = 1
	everyStream = 1<<31 - 1
)

// frames finds the boundaries of frames in a stream of bytes.
type frames struct {
	head [9]byte // length (3), type, flags, stream (4)
	have int     // bytes of head
	left int     // bytes of payload to come
}

func (f *frames) kind() byte     { return f.head[3] }
func (f *frames) flags() byte    { return f.head[4] }
func (f *frames) stream() uint32 { return binary.BigEndian.Uint32(f.head[5:]) & everyStream }

// whole reports whether all that was fed ends at the end of a frame.
func (f *frames) whole() bool { return f.have == 0 && f.left == 0 }

// feed takes what passes and calls begun when the head of a frame is complete.
func (f *frames) feed(p []byte, begun func()) {
	for len(p) > 0 {
		if f.left > 0 {
			n := min(f.left, len(p))
			f.left -= n
			p = p[n:]
			continue
		}
		n := copy(f.head[f.have:], p)
		f.have += n
		p = p[n:]
		if f.have == len(f.head) {
			f.have = 0
			f.left = int(f.head[0])<<16 | int(f.head[1])<<8 | int(f.head[2])
			begun()
		}
	}
}

// goAway appends a GOAWAY without an error that promises an answer to all streams up to last.
func goAway(b []byte, last uint32) []byte {
	b = append(b, 0, 0, 8, frameGoAway, 0, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, last)
	return append(b, 0, 0, 0, 0)
}

// inadequateSecurity is an error code (RFC 9113, 7).
const inadequateSecurity = 0xc

// goAwayFor is a GOAWAY that refuses a connection.
func goAwayFor(code byte) []byte {
	b := goAway(nil, 0)
	b[len(b)-1] = code
	return b
}

// pingData marks our PING among those of net/http.
const pingData = "goodbye?"

func ping(b []byte) []byte {
	b = append(b, 0, 0, 8, framePing, 0, 0, 0, 0, 0)
	return append(b, pingData...)
}
