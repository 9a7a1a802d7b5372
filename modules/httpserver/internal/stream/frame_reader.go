package stream

import "math"

// bufferSize holds the head of a frame and most messages. A longer frame passes
// through once its head is known.
const bufferSize = 4096

// frameReader finds the ends of frames in what a client sends.
type frameReader struct {
	buf       []byte
	r, w      int    // buf[r:w] has been read from the socket and not given on
	left      uint64 // of the frame that is given on
	inMessage bool   // between two frames of one message
	final     bool   // the client has closed, or broken the protocol
}

func (in *frameReader) init(rest []byte) {
	in.buf = make([]byte, max(bufferSize, len(rest)))
	in.w = copy(in.buf, rest)
}

// between reports whether no message has begun.
func (in *frameReader) between() bool { return in.left == 0 && !in.inMessage }

// rest is what has been read and not given on.
func (in *frameReader) rest() []byte { return in.buf[in.r:in.w] }

// begin starts to give on the next frame if all of it is here, or if it does
// not fit. It reports false if more bytes are needed.
func (in *frameReader) begin() bool {
	f := parseFrame(in.rest())
	switch {
	case f.wrong, f.size > 0 && !f.masked: // RFC 6455, 5.1: a client masks
		in.left, in.final = math.MaxUint64, true
		return true
	case f.size == 0, uint64(in.w-in.r) < f.size && f.size <= uint64(len(in.buf)):
		return false
	}
	in.left = f.size
	switch {
	case f.op == opClose:
		in.final = true
	case !f.control():
		in.inMessage = !f.fin
	}
	return true
}

// take gives on what the buffer has of the frame.
func (in *frameReader) take(p []byte) int {
	n := copy(p[:min(uint64(len(p)), in.left)], in.rest())
	in.r += n
	in.skip(n)
	return n
}

// skip notes n bytes of the frame that went past the buffer.
func (in *frameReader) skip(n int) { in.left -= uint64(n) }

// space returns where bytes from the socket belong. The buffer grows only where
// frames are held back in it: else one that fills it has begun.
func (in *frameReader) space() []byte {
	if in.r > 0 {
		in.w = copy(in.buf, in.rest())
		in.r = 0
	}
	if in.w == len(in.buf) {
		in.buf = append(in.buf, make([]byte, len(in.buf))...)
	}
	return in.buf[in.w:]
}

func (in *frameReader) filled(n int) { in.w += n }
