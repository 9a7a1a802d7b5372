package upgrade

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// predecessor is the old process, as the new one sees it, and what this process is
// to it. Its counterpart is successor.
type predecessor struct {
	app     *app.App
	sockets *Sockets
	handed  *handedSet
	pid     *pidFile
	onStep  func(string)

	conn  *wire.Conn
	hello wire.HelloBody
	gone  chan struct{} // closed when the predecessor is dead
	read  chan struct{} // closed when listen has returned

	done atomic.Pointer[wire.DoneBody] // what DONE has said

	mu      sync.Mutex // guards everything below
	role    role
	serving bool // the start is over but for READY
}

// role is what this process is to its predecessor.
type role int

const (
	starting role = iota
	ready         // both serve
	inCharge      // this process alone, by COMMIT or because the predecessor is dead
	rejected      // this process has failed, stops, or was rejected
)

// handshakeTime is how long to wait for what the predecessor sends at once.
const handshakeTime = 20 * time.Second

// greet reads what the predecessor sends at once. A predecessor that is dead
// already has left nothing, and this process goes on without it.
func (p *predecessor) greet() error {
	// Not a deadline of the connection, which Receive sets itself.
	late := time.AfterFunc(handshakeTime, p.conn.Close)
	defer late.Stop()
	m, err := p.conn.Receive()
	if err != nil {
		return p.orphaned(err)
	}
	if m.Kind != wire.Hello {
		return fmt.Errorf("the predecessor began with %v", m.Kind)
	}
	if err := m.Into(&p.hello); err != nil {
		return err
	}
	for n := 0; n < p.hello.Files; {
		m, err := p.conn.Receive()
		if err != nil {
			return p.orphaned(err)
		}
		var l wire.FilesBody
		if err := m.Into(&l); err != nil || m.Kind != wire.Files || m.Missing > 0 || len(l.Files) == 0 {
			wire.CloseFDs(m.FDs)
			return errors.Join(fmt.Errorf("of %d sockets, %v brought %d and lost %d: raise the limit of open files",
				p.hello.Files, m.Kind, len(m.FDs), m.Missing), err)
		}
		p.sockets.inherit(l.Files, m.FDs)
		n += len(l.Files)
	}
	p.app.Wiring().SetGeneration(p.hello.Generation, p.gone)
	p.send(wire.Starting, nil)
	p.onStep("greeted")
	return nil
}

// orphaned goes on without a predecessor after err, if that is what err says.
func (p *predecessor) orphaned(err error) error {
	var unknown *wire.VersionError
	if errors.As(err, &unknown) {
		return err
	}
	p.hello.Generation = max(p.hello.Generation, 2)
	p.app.Wiring().SetGeneration(p.hello.Generation, p.gone)
	return nil // listen will find the end of the connection
}

// send sends a message. That it cannot be sent means that the predecessor is
// gone, which listen notices.
func (p *predecessor) send(k wire.Kind, body any) { _ = p.conn.Send(k, 0, body) }

// ready says that everything has started.
func (p *predecessor) ready() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.role == starting {
		p.role = ready
		p.send(wire.Ready, p.handed.abilities().body())
	}
}

// failed says that this process will not take over.
func (p *predecessor) failed(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.role < inCharge {
		p.refuseLocked(why)
	}
}

// refuseLocked makes the predecessor go on alone, with all it has handed over.
func (p *predecessor) refuseLocked(why error) {
	p.role = rejected
	p.send(wire.Failed, wire.Text(why.Error()))
	if p.handed != nil {
		p.handed.drop()
	}
}

// serves notes that everything is serving, and reports whether this process alone
// is in charge.
func (p *predecessor) serves() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serving = true
	return p.role == inCharge
}

func (p *predecessor) is(r role) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.role == r
}

// alive reports whether there is a predecessor that has not ended. p may be nil.
func (p *predecessor) alive() bool { return p != nil && !closed(p.gone) }

// outcome returns what DONE has said of the connections; nil if it has not, yet, or
// p is nil.
func (p *predecessor) outcome() *app.Connections {
	if p == nil {
		return nil
	}
	d := p.done.Load()
	if d == nil {
		return nil
	}
	return &d.Connections
}

// close hangs up and waits for listen.
func (p *predecessor) close() {
	p.conn.Close()
	<-p.read
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
