package upgrade

import (
	"net"
	"os"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// take takes connections of CONNS from the first on until one cannot be taken,
// acknowledges those, and only then lets servers accept them, once this process is
// in charge. Were the acknowledgement late or lost, the predecessor would take
// back nothing that has been served here. Its counterpart is batch.
func (s *handedSet) take(m wire.Message, acknowledge func(k int)) {
	var body wire.ConnsBody
	_ = m.Into(&body) // checked on arrival
	of := s.find(body.Servers)

	// All queues stay locked until the answer is out, so that none is closed
	// in between. Nothing else holds two of them.
	locked := map[*handedConns]bool{}
	defer func() {
		for l := range locked {
			l.mu.Unlock()
		}
	}()
	conns := make([]net.Conn, 0, len(m.FDs))
	left := m.FDs
	for _, l := range of {
		if l == nil || len(left) == 0 {
			break // unknown here; or its descriptor has made room for another
		}
		if !locked[l] {
			l.mu.Lock()
			locked[l] = true
		}
		if l.closed {
			break
		}
		var c net.Conn
		if c, left = openFirst(left); c == nil {
			break
		}
		conns = append(conns, c)
	}
	wire.CloseFDs(left)
	acknowledge(len(conns))
	for i, c := range conns {
		of[i].put(c)
	}
}

// openFirst makes a connection of the first of fds and returns it, nil if it
// cannot be had, with the descriptors that are left. When this process may hold no
// more files, it closes others from the end, which the predecessor then keeps, to
// make room for this one.
func openFirst(fds []int) (c net.Conn, left []int) {
	f := os.NewFile(uintptr(fds[0]), "connection")
	defer f.Close()
	left = fds[1:]
	for {
		c, err := wire.OpenConn(f)
		if err == nil {
			return c, left
		}
		if len(left) == 0 {
			return nil, nil
		}
		wire.CloseFDs(left[len(left)-1:])
		left = left[:len(left)-1]
	}
}
