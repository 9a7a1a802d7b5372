package conns

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2move"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/staycount"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// HTTP/2 over TLS: a connection moves at a moment when no stream is open, see
// h2move. If there is no such moment for a while after the successor has taken
// over, its client is asked to leave, as in any stop.

// moveTimeHTTP2 is how long a connection may wait for that moment once the process
// leaves.
const moveTimeHTTP2 = time.Second

// mover is an HTTP/2 connection that may move.
type mover struct {
	*h2move.Conn
	session tlsmove.Session
	below   net.Conn      // what Add has returned
	extra   []byte        // added to what the server has announced
	state   *h2move.State // with which it is on its way
	once    sync.Once     // begins to leave
	busy    atomic.Int32  // how often session had something under way instead
}

// why returns why the connection has not left in time.
func (m *mover) why() error {
	switch {
	case m.busy.Load() > mostBusy:
		return tlsmove.ErrBusy
	case m.Waits() == "settings":
		return staycount.ErrSettings
	}
	return staycount.ErrStreams
}

// MayMove records that the connection below, which speaks HTTP/2 through session,
// may move while conn has nothing under way. extra is what a successor has to
// compare besides what the server has announced. It is called after BecomeHTTP2.
func (s *Set) MayMove(below net.Conn, session tlsmove.Session, conn *h2move.Conn, extra []byte) {
	t := Of(below)
	s.mu.Lock()
	defer s.mu.Unlock()
	t.mover = &mover{Conn: conn, session: session, below: below, extra: extra}
	if m := s.move.Load(); m != nil {
		t.beginMoveHTTP2(m)
	}
}

// beginMoveHTTP2 begins to move the connection. Called with the mutex of the Set
// held.
func (t *Tracked) beginMoveHTTP2(m *move) {
	if t.mover == nil || t.stays.Load() {
		return
	}
	if err := t.mover.session.Movable(); err != nil && m.http2 {
		t.stayHTTP2(err)
	}
	if !m.http2 || t.stays.Load() {
		return
	}
	t.mover.Begin(func(s *h2move.State, quiet bool) h2move.Decision { return t.leaveHTTP2(m, s, quiet) })
}

func (s *Set) endMoveHTTP2() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.live.all() {
		if t.mover != nil {
			t.mover.End()
		}
	}
}

// stayHTTP2 lets a connection stay, for a reason that is counted once.
func (t *Tracked) stayHTTP2(why error) {
	if !t.stays.Swap(true) {
		t.set.stayed.Count(why)
	}
}

// leaveHTTP2 decides whether the connection leaves at this moment.
func (t *Tracked) leaveHTTP2(m *move, s *h2move.State, quiet bool) h2move.Decision {
	if t.set.move.Load() != m || t.stays.Load() {
		return h2move.Never
	}
	state, err := t.mover.session.Export()
	if errors.Is(err, tlsmove.ErrBusy) && (!quiet || t.mover.session.Partial()) {
		t.mover.busy.Add(1)
		return h2move.NotNow
	}
	var below []byte
	if err == nil {
		below, err = state.Encode()
		state.Wipe()
	}
	if err != nil {
		t.stayHTTP2(err)
		return h2move.Never
	}
	defer clear(below)
	s.Announced = append(s.Announced, t.mover.extra...)
	t.mover.state = s
	t.encoded = binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(below)+256), uint32(len(below)))
	t.encoded = append(append(t.encoded, below...), s.Encode()...)
	t.phase.Store(Moved)
	return h2move.Leaves
}

// DecodeHTTP2 reads the state of a connection of HTTP2Kind. The caller wipes that
// of TLS.
func DecodeHTTP2(b []byte) (*tlsmove.State, *h2move.State, error) {
	if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
		return nil, nil, errors.New("state of an HTTP/2 connection: is cut short")
	}
	n := binary.BigEndian.Uint32(b)
	above, err := h2move.Decode(b[4+n:])
	if err != nil {
		return nil, nil, err
	}
	below, err := tlsmove.Decode(b[4 : 4+n])
	return below, above, err
}

// handOffHTTP2 is handOff, for when the HTTP/2 server has released the connection.
func (s *Set) handOffHTTP2(t *Tracked) {
	m := s.move.Load()
	t.phase.Store(Handed)
	if m == nil || !m.http2 {
		s.takeBackHTTP2(t)
		return
	}
	done := func(taken bool) {
		clear(t.encoded)
		if taken {
			t.mover.session.Forget()
			s.handed(t, true)
			return
		}
		if s.move.Load() == m {
			t.stayHTTP2(staycount.ErrRefused)
		}
		s.takeBackHTTP2(t)
	}
	c := &app.HandedConn{Conn: t.socket, Kind: HTTP2Kind, State: t.encoded}
	if err := m.secure.HandWith(m.server, c, done); err != nil {
		t.stayHTTP2(err)
		s.takeBackHTTP2(t)
	}
}

// takeBackHTTP2 makes the server serve a connection again that was on its way.
func (s *Set) takeBackHTTP2(t *Tracked) {
	clear(t.encoded)
	mover := t.mover
	s.mu.Lock()
	t.mover, t.goodbye = nil, nil
	s.mu.Unlock()
	t.streams.Store(false)
	t.phase.Store(Busy)
	_ = mover.session.SetDeadline(time.Time{})
	s.ResumeHTTP2(mover.session, mover.below, mover.state)
}

// goodbyeOrMove asks the client to leave, at once if the connection cannot move.
func (t *Tracked) goodbyeOrMove() {
	m := t.set.move.Load()
	if t.mover == nil || t.stays.Load() || m == nil || !m.http2 {
		t.goodbye.HurryGoodbye()
		return
	}
	mover, goodbye := t.mover, t.goodbye
	mover.once.Do(func() {
		time.AfterFunc(moveTimeHTTP2, func() {
			if mover.Left() {
				return
			}
			t.stayHTTP2(mover.why())
			goodbye.HurryGoodbye()
		})
	})
}
