package upgrade

import (
	"bytes"
	"net"
	"os"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/internal/guard"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// take takes connections of CONNS or STATES from the first on until one cannot be
// taken, and acknowledges those. Only then may servers accept them, once this
// process is in charge: if the acknowledgement is late or lost, the predecessor
// takes back nothing that has been served here. Its counterpart is batch.
func (s *handedSet) take(m wire.Message, acknowledge func(wire.AckBody)) {
	defer clear(m.Body)
	states := statesOf(m)
	of := s.find(states)

	// All queues stay locked until the answer is sent, so that none is closed in
	// between. Nothing else locks two of them.
	locked := map[*handedConns]bool{}
	defer func() {
		for l := range locked {
			l.mu.Unlock()
		}
	}()
	together := wire.OpenTogether(m.FDs, func(i int) bool { return of[i] != nil && !of[i].holdsUnopened(states[i]) })
	conns := make([]net.Conn, 0, len(m.FDs))
	var refused []int
	left := m.FDs
	for i, l := range of {
		if l == nil || len(left) == 0 {
			break // unknown here, or its descriptor was closed to make room
		}
		if !locked[l] {
			l.mu.Lock()
			locked[l] = true
		}
		if l.closed {
			break
		}
		var c net.Conn
		done := left[0] < 0
		switch {
		case done:
			c, left = together[i], left[1:]
		case l.holdsUnopened(states[i]):
			c, left = l.unopened(left)
		default:
			c, left = openFirst(left)
		}
		if c == nil && !done {
			break
		}
		if c = l.admit(c, states[i]); c == nil {
			refused = append(refused, i)
		}
		conns = append(conns, c)
	}
	descriptor.CloseAll(left)
	for i := len(conns); i < len(together); i++ {
		if c := together[i]; c != nil {
			_ = c.Close()
		}
	}
	acknowledge(wire.AckBody{K: len(conns), Refused: refused})
	for i, c := range conns {
		if c != nil {
			of[i].put(c)
		}
	}
}

// statesOf returns the body of CONNS or STATES, which was checked on arrival.
func statesOf(m wire.Message) wire.StatesBody {
	if m.Kind == wire.States {
		states, _ := m.States()
		return states
	}
	var body wire.ConnsBody
	_ = m.Into(&body)
	states := make(wire.StatesBody, len(body.Servers))
	for i, server := range body.Servers {
		states[i].Server = server
	}
	return states
}

// admit joins c with copies of its state. It returns nil, and closes c, if the
// server refuses it. There is no c if it could not be opened.
func (l *handedConns) admit(c net.Conn, s wire.State) net.Conn {
	if s.Kind == "" || c == nil {
		return c
	}
	h := &app.HandedConn{Conn: c, Kind: s.Kind, Unread: bytes.Clone(s.Unread), State: bytes.Clone(s.State)}
	if l.options.Check != nil && guard.Call(func() error { return l.options.Check(h) }) != nil {
		discard(h)
		return nil
	}
	return h
}

// holdsUnopened reports whether a connection is kept as a descriptor.
func (l *handedConns) holdsUnopened(s wire.State) bool { return l.options.Unopened && s.Kind == "" }

// unopened is openFirst without opening the connection: it makes room for the
// reserve.
func (l *handedConns) unopened(fds []int) (c net.Conn, left []int) {
	for left = fds[1:]; ; left = left[:len(left)-1] {
		if c, ok := l.opener.Unopened(fds[0]); ok {
			return c, left
		}
		if len(left) == 0 {
			descriptor.CloseAll(fds[:1])
			return nil, nil
		}
		descriptor.CloseAll(left[len(left)-1:])
	}
}

// openFirst makes a connection of the first of fds and returns it, or nil if that
// fails, with the descriptors that are left. When this process may hold no more
// files, it makes room by closing others from the end, which the predecessor then
// keeps.
func openFirst(fds []int) (c net.Conn, left []int) {
	f := os.NewFile(uintptr(fds[0]), "connection")
	defer f.Close()
	left = fds[1:]
	for {
		c, err := descriptor.OpenConn(f)
		if err == nil {
			return c, left
		}
		if len(left) == 0 {
			return nil, nil
		}
		descriptor.CloseAll(left[len(left)-1:])
		left = left[:len(left)-1]
	}
}
