package upgrade

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// heir is this process as the successor of another one. One goroutine, listen,
// reads what the predecessor says and acts on it.
type heir struct {
	u     *Upgrader
	line  *line
	hello hello
	gone  chan struct{} // closed when the predecessor is dead
	read  chan struct{} // closed when listen has returned

	lastWord atomic.Pointer[farewell] // what DONE has said

	mu        sync.Mutex // guards everything below
	standing  standing
	adoptions map[string]*adoption // by server
	serving   bool                 // the start is over but for READY
}

// standing is what this process is, as far as its predecessor is concerned.
type standing int

const (
	starting standing = iota
	ready             // both serve
	incharge          // we alone, by COMMIT or because the predecessor is dead
	turned            // we have failed, stop, or were turned down
)

// greet reads what the predecessor sends at once. A predecessor that is dead
// already has left nothing, and this process goes on without it.
func (h *heir) greet() error {
	// Not a deadline of the line, which receive sets itself.
	dead := time.AfterFunc(handshakeTime, h.line.close)
	defer dead.Stop()
	m, err := h.line.receive()
	if err != nil {
		return h.orphaned(err)
	}
	if m.kind != helloMsg {
		return fmt.Errorf("the predecessor began with %v", m.kind)
	}
	if err := m.into(&h.hello); err != nil {
		return err
	}
	for n := 0; n < h.hello.Files; {
		m, err := h.line.receive()
		if err != nil {
			return h.orphaned(err)
		}
		var l fileList
		if err := m.into(&l); err != nil || m.kind != filesMsg || m.missing > 0 || len(l.Files) == 0 {
			closeAll(m.fds)
			return errors.Join(fmt.Errorf("of %d sockets, %v brought %d and lost %d: raise the limit of open files", h.hello.Files, m.kind, len(m.fds), m.missing), err)
		}
		h.u.sockets.inherit(l.Files, m.fds)
		n += len(l.Files)
	}
	h.u.app.Wiring().Succeed(h.hello.Generation, h.gone)
	h.tell(startingMsg, nil)
	h.u.onStep("greeted")
	return nil
}

// orphaned goes on without a predecessor after err, if that is what err says.
func (h *heir) orphaned(err error) error {
	var unknown *versionError
	if errors.As(err, &unknown) {
		return err
	}
	h.hello.Generation = max(h.hello.Generation, 2)
	h.u.app.Wiring().Succeed(h.hello.Generation, h.gone)
	return nil // listen will find the end of the line
}

// listen obeys the predecessor until it is gone.
func (h *heir) listen() {
	defer close(h.read)
	for {
		m, err := h.line.receive()
		if err != nil {
			h.alone(err)
			return
		}
		h.u.onStep("got " + m.kind.String())
		switch m.kind {
		case probeMsg:
			ok, why := readinessOf(h.u.app)
			h.tell(healthMsg, healthReport{OK: ok, Text: why})
		case connsMsg:
			h.adopt(m)
		case commitMsg:
			h.commit()
		case abortMsg:
			h.turnedDown(m.saying())
		case doneMsg:
			h.endAdoptions()
			f, _ := m.lastWord() // checked on arrival
			h.lastWord.Store(f)
		default:
			closeAll(m.fds)
		}
	}
}

// tell sends a message. That it cannot be sent means that the predecessor is
// gone, which listen notices.
func (h *heir) tell(k kind, body any) { _ = h.line.send(k, 0, body) }

// ready tells the predecessor that everything has started.
func (h *heir) ready() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.standing == starting {
		h.standing = ready
		h.tell(readyMsg, readiness{Adopts: slices.Sorted(maps.Keys(h.adoptions))})
	}
}

// failed tells the predecessor that this process will not take over.
func (h *heir) failed(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.standing < incharge {
		h.refuseLocked(why)
	}
}

// refuseLocked makes the predecessor go on alone, with all it has handed on.
func (h *heir) refuseLocked(why error) {
	h.standing = turned
	h.tell(failedMsg, text{short(why.Error())})
	for _, l := range h.adoptions {
		l.drop()
	}
}

// short keeps a text within a message.
func short(s string) string { return s[:min(len(s), 16<<10)] }

// commit takes over. Whatever others can see changes after the answer only.
func (h *heir) commit() {
	if !h.agrees() {
		return // FAILED is on its way
	}
	h.u.onStep("committed")
	h.eachAdoption((*adoption).open)
	h.takePIDFile()
	h.u.sockets.unlinkUnclaimed()
}

// agrees answers COMMIT. It is refused when this process has begun to stop.
func (h *heir) agrees() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.standing != ready {
		return false
	}
	if why := h.u.app.Reason(); why != nil { // follow has not come to say so yet
		h.refuseLocked(why)
		return false
	}
	if err := h.u.pid.check(); err != nil {
		h.refuseLocked(err)
		return false
	}
	h.standing = incharge
	h.tell(committedMsg, nil)
	return true
}

func (h *heir) takePIDFile() {
	if err := h.u.pid.own(); err != nil {
		h.u.app.Note(app.Note{Level: slog.LevelError, Text: "the PID file names a process that is gone", Err: err})
	}
}

// turnedDown ends this process, in order: it may have connections by now.
func (h *heir) turnedDown(why string) {
	h.mu.Lock()
	before := h.standing
	h.standing = turned
	h.mu.Unlock()
	if before < incharge {
		h.eachAdoption((*adoption).drop)
	}
	h.u.pid.disown()
	h.u.app.Stop(app.Reason{Kind: app.Replaced, By: "predecessor", Text: "the upgrade was taken back: " + why})
}

// alone is the end of the predecessor.
func (h *heir) alone(err error) {
	defer h.u.onStep("alone")
	h.endAdoptions()
	h.mu.Lock()
	before, serving := h.standing, h.serving
	if before < incharge {
		h.standing = incharge
	}
	h.mu.Unlock()
	if before < incharge {
		h.eachAdoption((*adoption).open)
	}

	note := app.Note{Level: slog.LevelInfo, Text: "the predecessor has ended",
		Attrs: []slog.Attr{slog.Int("predecessor", h.hello.PID), slog.Int("generation", h.hello.Generation)}}
	if c := h.lastWord.Load(); c != nil {
		note.Attrs = append(note.Attrs, slog.Int("handed", c.Handed), slog.Int("taken_back", c.TakenBack), slog.Int("cut", c.Cut))
	}
	switch {
	case before == turned:
		close(h.gone)
		return
	case before == incharge:
		// It has removed the file if that was still its own, and may have
		// looked in the instant before we replaced it.
		if err := h.u.pid.reclaim(); err != nil {
			note.Err = err
		}
		close(h.gone)
		h.u.app.Note(note)
		return
	}
	note.Level, note.Text, note.Err = slog.LevelWarn, "the predecessor died before it had handed over; carrying on alone", err
	h.u.app.Note(note)
	if serving { // else the plan will do it
		h.takePIDFile()
	}
	close(h.gone)
}

// serves notes that everything is serving, and tells whether nobody else is in
// charge.
func (h *heir) serves() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serving = true
	return h.standing == incharge
}

func (h *heir) is(s standing) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.standing == s
}

// close hangs up and waits for listen.
func (h *heir) close() {
	h.line.close()
	<-h.read
}
