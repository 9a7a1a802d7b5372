package stream

import "math"

// bufferSize is enough for the head of a frame and for most messages. A longer
// frame passes through once its head is known.
const bufferSize = 4096

// frameReader finds the ends of frames in what a client sends.
type frameReader struct {
	buf       []byte
	r, w      int    // buf[r:w] has been read from the socket but not passed on
	left      uint64 // of the frame that is being passed on
	inMessage bool   // between two frames of one message
	final     bool   // the client has closed, or broken the protocol
}

func (in *frameReader) init(rest []byte) {
	in.buf = make([]byte, max(bufferSize, len(rest)))
	in.w = copy(in.buf, rest)
}

// between reports whether no message has begun.
func (in *frameReader) between() bool { return in.left == 0 && !in.inMessage }

// rest returns what has been read but not passed on.
func (in *frameReader) rest() []byte { return in.buf[in.r:in.w] }

// begin starts to pass on the next frame if it is complete, or if it does not fit
// into the buffer. It returns false if more bytes are needed.
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

// take passes on what the buffer has of the frame.
func (in *frameReader) take(p []byte) int {
	n := copy(p[:min(uint64(len(p)), in.left)], in.rest())
	in.r += n
	in.skip(n)
	return n
}

// skip records n bytes of the frame that bypassed the buffer.
func (in *frameReader) skip(n int) { in.left -= uint64(n) }

// space returns where bytes from the socket belong. The buffer grows only if frames
// are held back in it: otherwise a frame that fills it has begun.
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
