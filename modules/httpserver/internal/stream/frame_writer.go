package stream

import (
	"net"
	"sync"
)

// serviceRestart is a frame that closes with 1012 (the WebSocket Close Code
// Number Registry): the client may come again at once.
var serviceRestart = []byte{finBit | opClose, 2, 1012 >> 8, 1012 & 0xff}

// frameWriter finds the ends of frames in what a server sends, and keeps a close
// frame back where the connection leaves.
type frameWriter struct {
	mu        sync.Mutex // keeps writes whole, and guards what follows
	head      HeadFilter // of the response
	begun     [maxFrameHead]byte
	n         int    // begun[:n] is the part of a frame's head that has come
	left      uint64 // of the frame
	inMessage bool
	closed    bool  // a close frame was kept back, and so is all that follows
	shut      error // why nothing is sent any more
}

// between reports whether everything written so far is whole.
func (w *frameWriter) between() bool {
	return w.shut == nil && w.head.Done() && w.n == 0 && w.left == 0 && !w.inMessage
}

// Write sends p, but not the head of a response that the client has, and not the
// close frame with which a library ends a connection that leaves. It fails with
// ErrMoving when the connection has left.
func (c *WebSocket) Write(p []byte) (int, error) {
	n, err, other := c.write(p)
	if other {
		_ = c.Conn.Close()
		c.end.Do(c.on.End)
	}
	return n, err
}

// write also reports whether the handler began another response than the one
// that the client has.
func (c *WebSocket) write(p []byte) (n int, err error, other bool) {
	w := &c.out
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shut != nil {
		return 0, w.shut, false
	}
	pass, body, err := w.head.Filter(p)
	if err != nil {
		w.shut = err
		_, _ = c.Conn.Write(serviceRestart)
		return 0, err, true
	}
	send := pass[:len(pass)-body+w.follow(pass[len(pass)-body:], c)]
	if len(send) == 0 {
		return len(p), nil, false
	}
	n, err = c.Conn.Write(send)
	if err != nil {
		w.shut = err // where the client's bytes end is not known any more
		return len(p) - len(pass) + n, err, false
	}
	return len(p), nil, false
}

// follow notes the frames in b and returns how many bytes of it are sent: none
// from the close frame of a connection that leaves. Nothing comes after a close
// frame (RFC 6455, 5.5.1).
func (w *frameWriter) follow(b []byte, c *WebSocket) (send int) {
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

// begin notes that f has begun.
func (w *frameWriter) begin(f frame, c *WebSocket) {
	if f.op == opClose {
		c.mu.Lock()
		c.final = true
		c.mu.Unlock()
	} else if !f.control() {
		w.inMessage = !f.fin
	}
}

// close ends the writing. A client that would see no close frame, although its
// connection is whole, hears that it may come again: its handler has not come to
// the 101 that the client has from a predecessor, or was to leave and did not.
func (w *frameWriter) close(nc net.Conn) {
	if !w.mu.TryLock() {
		return // a Write is under way, which the close of the socket ends
	}
	defer w.mu.Unlock()
	if w.shut != nil {
		return
	}
	if w.head.Swallowing() || w.closed {
		_, _ = nc.Write(serviceRestart)
	}
	w.shut = net.ErrClosed
}

// ServiceRestart returns a close frame that tells a client to come again.
func ServiceRestart() []byte { return serviceRestart }
