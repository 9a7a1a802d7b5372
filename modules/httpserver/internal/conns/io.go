package conns

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/closeheader"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/socket"
)

// bufferSize is the size of net/http's read buffer: an idle Read of that size
// proves that the buffer is empty. If it ever changes,
// TestStopAnswersARequestCutAtAnyByte fails.
const bufferSize = 4096

func (t *Tracked) read(p []byte) (int, error) {
	if t.over != nil {
		return 0, t.over
	}
	if len(t.replay) > 0 {
		return t.readReplay(p), nil
	}
	if t.opening {
		t.opened()
	}
	from := t.phase.Load()
	if from == Idle && !t.belowTLS && len(p) != bufferSize {
		t.phase.Store(Busy) // the first bytes of the next request are in net/http's buffer
		from = Busy
	}
	switch {
	case from == Fresh || from == Idle:
		return t.readQuiet(p, from)
	case len(p) == 1 || t.belowTLS || !t.headDue.Load():
		// net/http waits, or may wait, for the client to go away, or the handler
		// reads while it answers. The client may be silent for any length of time.
		if t.inPlace != nil {
			return t.inPlace.Read(p)
		}
		n, err := t.raw.Read(p)
		if t.preface != noPreface {
			t.lookForPreface(p[:n])
		}
		return n, err
	}
	t.reading.Begin()
	n, err := t.raw.Read(p)
	t.reading.End()
	return n, err
}

// readQuiet waits for the first bytes of a request, and wake can end the wait.
func (t *Tracked) readQuiet(p []byte, from Phase) (int, error) {
	for {
		if t.moves(false) || t.rests(false) {
			t.phase.Store(Moved)
			return t.end(errMoved)
		}
		t.phase.Store(Parked)
		n, err := t.raw.Read(p)
		if n > 0 && (t.quiet != nil || t.rest.spoke) {
			t.endQuiet()
		}
		if t.preface != noPreface {
			t.lookForPreface(p[:n])
		}
		next := Busy
		if n > 0 && t.belowTLS && !t.http2 {
			next = from
			t.touch()
		}
		if t.phase.CompareAndSwap(Parked, next) {
			t.opening = n > 0 && next == Busy && t.late == nil && t.preface == noPreface && !t.http2
			return n, err
		}

		t.waking.Lock() // wake has set its deadline once it unlocks
		_ = t.raw.SetReadDeadline(t.deadline)
		t.waking.Unlock()
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.phase.Store(next)
			return n, err
		}
		if t.moves(true) || t.rests(true) {
			t.phase.Store(Moved)
			return t.end(errMoved)
		}
		if t.session != nil && t.session.Partial() { // a request is under way
			t.phase.Store(Busy)
			return t.raw.Read(p)
		}
		// The last look: a request may have come while this goroutine waited for a
		// CPU. Without a drain the connection was to move, and cannot.
		if t.set.draining.Load() && !socket.HasInput(t.socket) {
			t.phase.Store(Busy)
			t.set.lingered.Add(1)
			return t.end(errLeft)
		}
	}
}

func (t *Tracked) end(err net.Error) (int, error) {
	t.over = err
	return 0, err
}

// wake makes a connection that has been parked since quietSince check whether
// anything has come, and leave if not.
func (t *Tracked) wake(quietSince int64) {
	t.waking.Lock()
	defer t.waking.Unlock()
	if !t.phase.CompareAndSwap(Parked, Woken) {
		return
	}
	if t.since.Load() > quietSince && t.phase.CompareAndSwap(Woken, Parked) {
		return // it has served another request and is parked again
	}
	_ = t.raw.SetReadDeadline(time.Unix(1, 0))
}

func (t *Tracked) setReadDeadline(d time.Time) error {
	if t.inPlace != nil {
		return t.inPlace.SetReadDeadline(d)
	}
	switch t.phase.Load() {
	case Fresh:
		if t.quiet != nil {
			d = t.quiet.Quiet(d, t.set.IdleTimeout())
		}
		t.deadline = d
	case Busy:
		if t.opening && !d.IsZero() {
			t.postponed = d
			return nil
		}
		if t.opening {
			t.opening, t.postponed = false, time.Time{}
		}
		if t.late != nil {
			d = t.late.Late(d)
		}
	case Ending:
		t.deadline = d
		t.phase.Store(Idle)
	case Idle:
		t.phase.Store(Busy)
	}
	return t.timed.SetReadDeadline(d)
}

// opened ends the time in which a deadline is postponed: the goroutine that serves
// the connection reads again, or a handler begins.
func (t *Tracked) opened() {
	d := t.postponed
	t.opening, t.postponed = false, time.Time{}
	if !d.IsZero() {
		_ = t.timed.SetReadDeadline(d)
	}
}

// write sends p, which net/http writes, and may say goodbye if p begins a response.
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
	if closeheader.Interim(p) {
		return t.raw.Write(p)
	}
	return t.writeFirst(p)
}

// endQuiet is called at the first byte of the first request.
func (t *Tracked) endQuiet() {
	t.rest.spoke = false
	if t.quiet == nil {
		return // its first byte had come when net/http began to count
	}
	t.quiet, t.late = nil, t.quiet
	t.deadline = t.late.FirstByte()
	_ = t.raw.SetReadDeadline(t.deadline)
}
