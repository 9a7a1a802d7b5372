package upgrade

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// successor is the new process, as the old one sees it. Its counterpart is
// predecessor.
type successor struct {
	proc *process.Process
	conn *wire.Conn

	messages chan wire.Message // from receive
	acks     chan wire.Message // from receive, for the handover; holds as many as can come
	lost     chan struct{}     // closed when nothing more can come
	broken   error             // why, if it was not a hang-up; read after lost
	deaf     chan struct{}     // closed when nothing takes messages any more
	unbound  chan struct{}     // closed when it has reported that it no longer accepts
	starts   startProbes
	hears    bool // whether it wants REPORT; set before it takes over

	discardOnce sync.Once
	unboundOnce sync.Once
}

// startSuccessor starts p. The new process inherits the standard files and its end
// of the connection; sockets follow over that connection. In particular no listener
// goes through os.File.Fd, which would make the socket, shared by both processes, a
// blocking one (golang/go#29277). What before sends is in the connection before
// there is a process to read it.
func startSuccessor(o *process.Initial, p process.Program, before func(*wire.Conn) error) (*successor, error) {
	conn, theirs, err := wire.Pair()
	if err != nil {
		return nil, err
	}
	defer descriptor.CloseAll([]int{theirs})
	if err := before(conn); err != nil {
		conn.Close()
		return nil, err
	}
	proc, err := process.Start(o, p, theirs)
	if err != nil {
		conn.Close()
		return nil, err
	}
	s := newSuccessor(proc, conn)
	go s.receive()
	return s, nil
}

func newSuccessor(proc *process.Process, conn *wire.Conn) *successor {
	return &successor{
		proc: proc, conn: conn,
		messages: make(chan wire.Message), acks: make(chan wire.Message, underWay),
		lost: make(chan struct{}), deaf: make(chan struct{}), unbound: make(chan struct{}),
		starts: startProbes{news: make(chan struct{}, 1)},
	}
}

func (s *successor) receive() {
	defer close(s.lost)
	for {
		m, err := s.conn.Receive()
		if err != nil {
			if !errors.Is(err, io.EOF) && !wire.IsHangup(err) {
				s.broken = err
			}
			return
		}
		if m.Kind == wire.Ack {
			select {
			case s.acks <- m:
				continue
			default: // it was not requested, or nothing waits for it any more
				s.broken = errors.New("it acknowledged connections that it was not given")
				return
			}
		}
		descriptor.CloseAll(m.FDs) // a successor sends none
		if m.Kind == wire.Health && s.starts.answered(m) {
			continue
		}
		if m.Kind == wire.Unbound {
			s.unboundOnce.Do(func() { close(s.unbound) })
			continue
		}
		select {
		case s.messages <- m:
		case <-s.deaf:
		}
	}
}

// discardMessages lets receive go on although nothing takes messages any more.
func (s *successor) discardMessages() { s.discardOnce.Do(func() { close(s.deaf) }) }

// reject ends a successor that will not take over: in order if possible, since it
// may have accepted connections, and by force after grace. It calls unbound as soon
// as the successor no longer accepts, and returns when the successor has ended.
// answered is true if the successor has understood at least HELLO.
func (s *successor) reject(why string, answered bool, grace time.Duration, unbound func()) {
	s.discardMessages()
	if !answered || s.conn.Send(wire.Abort, 0, wire.TextBody{Text: why}) != nil {
		s.proc.AskToEnd() // it may be a program without this package
	}
	end := time.Now().Add(grace)
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-s.unbound:
	case <-s.proc.Exited():
	case <-t.C:
		s.kill()
	}
	unbound()
	s.waitEnd(time.Until(end))
}

// waitEnd waits for a successor that is about to end, and ends it after grace.
func (s *successor) waitEnd(grace time.Duration) {
	s.discardMessages()
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-s.proc.Exited():
	case <-t.C:
		s.kill()
	}
	s.conn.Close()
	<-s.lost
}

// kill ends the successor and waits until it has ended.
func (s *successor) kill() {
	s.proc.Kill()
	<-s.proc.Exited()
}
