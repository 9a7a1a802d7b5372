package conns

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stall"
)

// A client of HTTP/2 that opens a stream and leaves no room for its response (RFC
// 9113, 5.2) holds a handler for ever, while the socket shows nothing. So the
// windows are followed, and the stream is cut as if the client had given it up:
// net/http gets a RST_STREAM to read, which ends what the handler waits for, and
// when that has been processed, the client gets one, too. Other streams of the
// connection go on.

// flow knows which streams wait for room.
type flow struct {
	mu       sync.Mutex // guards everything below
	windows  h2frame.Windows
	due      []uint32 // streams to be reset, as soon as a frame that is being read ends
	overdue  int      // scans in a row in which none was
	owed     []byte   // resets that the client is to get
	wake     bool     // the read deadline is past because of due
	deadline time.Time
}

// reset is the one that net/http reads. It belongs to the goroutine that reads.
type reset struct {
	stream uint32 // 0: none
	rest   []byte // of the frame
}

// resetStalled is called once a scan. It returns how many streams it resets, and
// reports whether the connection must be cut, because no reset gets through.
func (c *HTTP2Conn) resetStalled() (streams int, cut bool) {
	f := &c.flow
	f.mu.Lock()
	defer f.mu.Unlock()
	stalled := f.windows.Waiting(stall.Scans, c.tracked.talks.Load() > 0)
	f.due = append(f.due, stalled...)
	if len(f.due) == 0 {
		f.overdue = 0
		return 0, false
	}
	if f.overdue++; f.overdue > stall.Scans { // the client does not end a frame
		return len(stalled), true
	}
	f.wake = true
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0))
	return len(stalled), false
}

// woken reports whether a Read that has failed with err is to look for resets.
func (c *HTTP2Conn) woken(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	f := &c.flow
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.wake
	f.wake = false
	_ = c.Conn.SetReadDeadline(f.deadline)
	return was
}

// SetReadDeadline implements net.Conn.
func (c *HTTP2Conn) SetReadDeadline(d time.Time) error {
	c.flow.mu.Lock()
	defer c.flow.mu.Unlock()
	c.flow.deadline = d
	if c.flow.wake {
		return nil
	}
	return c.Conn.SetReadDeadline(d)
}

// readReset reads a reset that is due, between two frames, and returns 0 if there
// is none. Once net/http asks for more, it has processed the one before.
func (c *HTTP2Conn) readReset(p []byte) int {
	r := &c.reset
	if len(r.rest) == 0 {
		if r.stream != 0 {
			c.resetForClient(r.stream)
			r.stream = 0
		}
		if c.preface > 0 || !c.in.Whole() || !c.nextReset() {
			return 0
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n
}

func (c *HTTP2Conn) nextReset() bool {
	f := &c.flow
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.due) == 0 { // nearly always
		return false
	}
	c.reset.stream, f.due = f.due[0], f.due[1:]
	f.overdue = 0
	c.reset.rest = h2frame.AppendReset(nil, c.reset.stream, h2frame.Cancel)
	return true
}

// resetForClient sends the client a reset, and does not wait for that.
func (c *HTTP2Conn) resetForClient(stream uint32) {
	f := &c.flow
	f.mu.Lock()
	defer f.mu.Unlock()
	f.owed = h2frame.AppendReset(f.owed, stream, h2frame.Cancel)
	if len(f.owed) > h2frame.ResetSize { // a goroutine is about to send them
		return
	}
	go func() {
		c.writing.Lock()
		defer c.writing.Unlock()
		f.mu.Lock()
		owed := f.owed
		f.owed = nil
		f.mu.Unlock()
		if c.out.Whole() {
			_, _ = c.Conn.Write(owed)
		}
	}()
}
