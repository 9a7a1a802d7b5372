package h2conn

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stall"
)

// An HTTP/2 client that opens a stream and leaves no room for its response (RFC
// 9113, 5.2) holds a handler for ever, and the socket does not show it. So the
// windows are followed, and the stream is cut as if the client had reset it:
// net/http gets a RST_STREAM to read, which ends the handler's wait, and when that
// has been processed, the client gets one too. Other streams of the connection go
// on.

// flow follows which streams wait for room.
type flow struct {
	w     *writer
	reset reset

	mu       sync.Mutex // guards everything below
	windows  h2frame.Windows
	due      []uint32 // streams to be reset, as soon as a frame that is being read ends
	overdue  int      // scans in a row without a reset
	owed     []byte   // resets to send to the client
	wake     bool     // the read deadline is in the past because of due
	deadline time.Time
}

// reset is the RST_STREAM that net/http reads. It belongs to the goroutine that
// reads.
type reset struct {
	stream uint32 // 0: none
	rest   []byte // what is left of the frame
}

// resetStalled is ResetStalled. talking is true during a conversation, whose client
// may pause.
func (f *flow) resetStalled(talking bool) (streams int, cut bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stalled := f.windows.Waiting(stall.Scans, talking)
	f.due = append(f.due, stalled...)
	if len(f.due) == 0 {
		f.overdue = 0
		return 0, false
	}
	if f.overdue++; f.overdue > stall.Scans { // the client does not end a frame
		return len(stalled), true
	}
	f.wake = true
	_ = f.w.conn.SetReadDeadline(time.Unix(1, 0))
	return len(stalled), false
}

// woken reports whether a Read that has failed with err must check for resets.
func (f *flow) woken(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.wake
	f.wake = false
	_ = f.w.conn.SetReadDeadline(f.deadline)
	return was
}

func (f *flow) setReadDeadline(d time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deadline = d
	if f.wake {
		return nil
	}
	return f.w.conn.SetReadDeadline(d)
}

// readReset reads a reset that is due, between two frames, and returns 0 if there
// is none. When net/http reads on, it has processed the one before.
func (f *flow) readReset(p []byte, between bool) int {
	r := &f.reset
	if len(r.rest) == 0 {
		if r.stream != 0 {
			f.resetForClient(r.stream)
			r.stream = 0
		}
		if !between || !f.nextReset() {
			return 0
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n
}

func (f *flow) nextReset() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.due) == 0 { // nearly always
		return false
	}
	f.reset.stream, f.due = f.due[0], f.due[1:]
	f.overdue = 0
	f.reset.rest = h2frame.AppendReset(nil, f.reset.stream, h2frame.Cancel)
	return true
}

// resetForClient sends the client a reset. It does not block.
func (f *flow) resetForClient(stream uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.owed = h2frame.AppendReset(f.owed, stream, h2frame.Cancel)
	if len(f.owed) > h2frame.ResetSize { // a goroutine is already about to send them
		return
	}
	go func() {
		f.w.mu.Lock()
		defer f.w.mu.Unlock()
		f.mu.Lock()
		owed := f.owed
		f.owed = nil
		f.mu.Unlock()
		f.w.insertLocked(owed)
	}()
}
