package conns

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"
)

// A response that is written while the server leaves, or as the last one of its
// connection, says goodbye with Connection: close. For a request that begins then,
// the handler's wrapper sets the header. For one that is in a handler already, only
// the connection can still do so: it puts the line into the bytes of the response.
// Without it the client would keep an idle connection, and the process would have
// to linger for it.

var (
	closeHeader = []byte("Connection: close\r\n")
	http11      = []byte("HTTP/1.1 ")
	connection  = []byte("\r\nConnection: ")
	endOfLine   = []byte("\r\n")
	endOfHeader = []byte("\r\n\r\n")
)

// write sends p, which net/http has given it, and adds closeHeader where p begins
// the header of a response.
func (t *Tracked) write(p []byte) (int, error) {
	if !t.headDue.Load() {
		if t.inPlace != nil {
			return t.inPlace.Write(p)
		}
		return t.raw.Write(p)
	}
	if t.head != nil {
		return t.writeHead(p)
	}
	if interim(p) {
		return t.raw.Write(p)
	}
	return t.writeFirst(p)
}

// writeFirst sends p, which begins a response.
func (t *Tracked) writeFirst(p []byte) (int, error) {
	t.headDue.Store(false)
	at := -1
	if t.life.Over() || t.set.leaving.Load() && !t.willMove() {
		at = closeHeaderPlace(p)
	}
	if at < 0 {
		return t.raw.Write(p)
	}
	t.saidGoodbye.Store(true)
	whole := net.Buffers{p[:at], closeHeader, p[at:]}
	n, err := whole.WriteTo(t.raw)
	return max(0, int(n)-len(closeHeader)), err
}

// interim reports whether p is a response before the response, such as 100
// Continue. 101 is final.
func interim(p []byte) bool {
	status := len(http11)
	if len(p) <= status || p[status] != '1' { // nearly always
		return false
	}
	return bytes.HasPrefix(p, http11) && !bytes.HasPrefix(p[status:], []byte("101"))
}

// closeHeaderPlace finds where closeHeader belongs in p, the beginning of a
// response: behind the status line. It is -1 if the response speaks for itself: it
// has a Connection header, changes the protocol or is older than HTTP/1.1.
func closeHeaderPlace(p []byte) int {
	if !bytes.HasPrefix(p, http11) || bytes.HasPrefix(p[len(http11):], []byte("101")) {
		return -1
	}
	header := p
	if end := bytes.Index(p, endOfHeader); end >= 0 {
		header = p[:end+len(endOfLine)]
	}
	if bytes.Contains(header, connection) {
		return -1
	}
	return bytes.Index(p, endOfLine) + len(endOfLine)
}

// leaveAfterGoodbye ends the serve goroutine of a connection whose client was told
// that it ends, as net/http would if it had written the header itself: a request
// that may wait in its buffer must not be executed, since the client will not read
// the answer. It is called from the hook for StateIdle, where the response is
// complete, and ends it by the panic that net/http keeps for silence.
func (t *Tracked) leaveAfterGoodbye() {
	if t.saidGoodbye.Load() {
		t.linger()
		panic(http.ErrAbortHandler)
	}
}

// lingerTime is how long a connection that has said goodbye waits for its client to
// close. net/http waits as long where a client may still be sending.
const lingerTime = 500 * time.Millisecond

// linger closes the connection for writing and reads until the client has closed
// it, too. What the client has sent meanwhile would otherwise reset the connection,
// and take away the end of the response (RFC 9112, 9.6). It blocks for lingerTime
// at most.
func (t *Tracked) linger() {
	c, ok := t.raw.(interface{ CloseWrite() error })
	if !ok || t.set.draining.Load() || c.CloseWrite() != nil {
		return
	}
	_ = t.raw.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.Copy(io.Discard, t.raw)
}
