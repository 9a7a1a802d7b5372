package stream

import (
	"net"
	"sync"
)

// serviceRestart is a close frame with 1012 (the WebSocket Close Code Number
// Registry): the client may reconnect at once.
var serviceRestart = []byte{finBit | opClose, 2, 1012 >> 8, 1012 & 0xff}

// writerOwner is the connection of a frameWriter.
type writerOwner interface {
	mayLeave() bool // whether a close is the library's answer to ErrMoving
	finish()        // a close frame is sent: the connection no longer leaves
}

// frameWriter finds the ends of frames in what a server sends, and holds back a
// close frame if the connection leaves.
type frameWriter struct {
	mu        sync.Mutex // keeps writes whole, and guards everything below
	head      HeadFilter // of the response
	begun     [maxFrameHead]byte
	n         int    // begun[:n] is the part of a frame's head that has come
	left      uint64 // of the frame
	inMessage bool
	closed    bool  // a close frame was held back, and so is everything after it
	shut      error // why nothing more is sent
}

// between reports whether everything written so far ends with a whole frame.
func (w *frameWriter) between() bool {
	return w.shut == nil && w.head.Done() && w.n == 0 && w.left == 0 && !w.inMessage
}

// follow follows the frames in b and returns how many bytes of it to send: none
// from the close frame of a connection that leaves on. Nothing comes after a close
// frame (RFC 6455, 5.5.1).
func (w *frameWriter) follow(b []byte, c writerOwner) (send int) {
	for send < len(b) && !w.closed {
		if w.left == 0 {
			had := w.n
			w.n += copy(w.begun[w.n:], b[send:])
			f := parseFrame(w.begun[:w.n])
			if f.size == 0 { // its head comes in pieces
				return len(b)
			}
			w.left, w.n = f.size-uint64(had), 0
			if f.op == opClose && had == 0 && c.mayLeave() {
				w.closed, w.left = true, 0
				return send
			}
			w.begin(f, c)
		}
		n := min(uint64(len(b)-send), w.left)
		w.left -= n
		send += int(n)
	}
	return send
}

// begin records that f has begun.
func (w *frameWriter) begin(f frame, c writerOwner) {
	if f.op == opClose {
		c.finish()
	} else if !f.control() {
		w.inMessage = !f.fin
	}
}

// close ends the writing. A client whose connection is whole, but which would get
// no close frame, gets one that says that it may reconnect: its handler has not got
// to the 101 that the client has from a predecessor, or was to leave and did not.
func (w *frameWriter) close(nc net.Conn, restart bool) {
	if !w.mu.TryLock() {
		return // a Write is under way; closing the socket ends it
	}
	defer w.mu.Unlock()
	if w.shut != nil {
		return
	}
	if w.head.Swallowing() || w.closed || restart && w.between() {
		_, _ = nc.Write(serviceRestart)
	}
	w.shut = net.ErrClosed
}

// ServiceRestart returns a close frame that asks a client to reconnect.
func ServiceRestart() []byte { return serviceRestart }
