//go:build unix

package upgrade

import (
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// generations has both sides of a hand-over in one process: what is handed to one
// comes out of the listener of the other.
type generations struct {
	*handover
	set      *handedSet
	ln       net.Listener
	messages atomic.Int64 // CONNS and STATES
}

// between makes both sides; the new one takes connections as a says.
func between(t *testing.T, a app.HandoverOptions) *generations {
	t.Helper()
	old, theirs := connected(t)
	to := newSuccessor(nil, old)
	go to.receive()
	g := &generations{set: &handedSet{}}
	g.ln = g.set.listener("s", &net.TCPAddr{}, a)
	g.handover = newHandover(to, readAbilities(g.set.abilities().body()), func(string) {})
	read := make(chan struct{})
	go func() {
		defer close(read)
		for {
			m, err := theirs.Receive()
			if err != nil {
				return
			}
			g.messages.Add(1)
			g.set.take(m, func(b wire.AckBody) { _ = theirs.Send(wire.Ack, m.Seq, b) })
		}
	}()
	t.Cleanup(func() {
		g.handover.close()
		old.Close()
		<-to.lost
		<-read
	})
	return g
}

// hand hands over a connection with a state, and returns the client's end and a
// channel that gets whether it was taken.
func (g *generations) hand(t *testing.T, kind string, rest, state []byte) (client net.Conn, taken <-chan bool) {
	t.Helper()
	ours, client := socketpair(t)
	answer := make(chan bool, 1)
	done := func(ok bool) { answer <- ok }
	if kind == "" {
		g.Hand("s", ours, done)
	} else if err := g.HandWith("s", &app.HandedConn{Conn: ours, Kind: kind, Unread: rest, State: state}, done); err != nil {
		t.Fatal(err)
	}
	return client, answer
}

func socketpair(t *testing.T) (a, b net.Conn) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "end")
		if ends[i], err = net.FileConn(f); err != nil {
			t.Fatal(err)
		}
		f.Close()
		t.Cleanup(func() { ends[i].Close() })
	}
	return ends[0], ends[1]
}

func accept(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
