package conns

import (
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/staycount"
)

// handOff hands the connection to the successor, when net/http has released it.
func (s *Set) handOff(t *Tracked) {
	m := s.move.Load()
	t.phase.Store(Handed)
	if m == nil && t.rest.hidden {
		s.beginRest(t)
		return
	}
	if m == nil { // the successor has failed in the meantime
		s.takeBack(t)
		return
	}
	if t.session != nil {
		s.handOffTLS(m, t)
		return
	}
	s.hand(m, t)
}

func (s *Set) hand(m *move, t *Tracked) {
	m.to.Hand(m.server, t.raw, func(taken bool) { s.handed(t, taken) })
}

func (s *Set) handOffTLS(m *move, t *Tracked) {
	done := func(taken bool) {
		clear(t.encoded)
		if taken {
			t.session.Forget()
		} else if s.move.Load() == m {
			s.stayed.Count(staycount.ErrRefused)
		}
		s.handed(t, taken)
	}
	if m.secure == nil {
		s.takeBack(t)
		return
	}
	c := &app.HandedConn{Conn: t.socket, Kind: TLSKind, State: t.encoded}
	if err := m.secure.HandWith(m.server, c, done); err != nil {
		s.stayed.Count(err)
		s.takeBack(t)
	}
}

// handed is called when it is known whether the successor has the connection.
func (s *Set) handed(t *Tracked, taken bool) {
	if !taken {
		s.takeBack(t)
		return
	}
	_ = t.socket.Close() // not raw: nothing is sent to the client
	s.remove(t)
	if t.rest.hidden {
		t.sayClosed()
	}
}

// takeBack makes net/http serve a connection again that was on its way. It is not
// offered to this successor again.
func (s *Set) takeBack(t *Tracked) {
	if t.rest.hidden {
		t.stays.Store(s.move.Load() != nil)
		s.beginRest(t)
		return
	}
	clear(t.encoded)
	_ = t.raw.SetDeadline(time.Time{})
	again := s.Add(t.raw, Options{Idle: true})
	Of(again).stays.Store(s.move.Load() != nil)
	s.remove(t) // only now, so that the set is never empty in between
	s.Queue.Put(again)
}
