package upgrade

import (
	"sync"
	"sync/atomic"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// predecessor is the old process, as the new one sees it, with the role of this
// process towards it. Its counterpart is successor.
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

	done    atomic.Pointer[wire.DoneBody] // from DONE
	waiting atomic.Pointer[string]        // what it waits for, from REPORT

	mu      sync.Mutex // guards everything below
	role    role
	serving bool // the start is over, except for READY
}

// role is the role of this process towards its predecessor.
type role int

const (
	starting role = iota
	ready         // both serve
	inCharge      // this process alone, by COMMIT or because the predecessor is dead
	rejected      // this process has failed, stops, or was rejected
)

// send sends a message. If it cannot be sent, the predecessor is gone, which listen
// notices.
func (p *predecessor) send(k wire.Kind, body any) { _ = p.conn.Send(k, 0, body) }

// ready reports that everything has started.
func (p *predecessor) ready() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.role == starting {
		p.role = ready
		r := p.handed.abilities().body()
		r.Hears = true
		p.send(wire.Ready, r)
	}
}

// failed reports that this process will not take over.
func (p *predecessor) failed(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.role < inCharge {
		p.refuseLocked(why)
	}
}

// refuseLocked makes the predecessor go on alone, with everything that it has
// handed over.
func (p *predecessor) refuseLocked(why error) {
	p.role = rejected
	p.send(wire.Failed, wire.Text(why.Error()))
	if p.handed != nil {
		p.handed.drop()
	}
}

// serves records that everything serves, and reports whether this process alone is
// in charge.
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

// outcome returns what DONE has reported of the connections; nil if DONE has not
// come or p is nil.
func (p *predecessor) outcome() *app.Connections {
	if p == nil {
		return nil
	}
	d := p.done.Load()
	if d == nil {
		return nil
	}
	c := d.Connections
	if c.Kept != nil {
		kept := *c.Kept
		for _, m := range p.app.Wiring().Movers() {
			if m, ok := m.(app.KeptMover); ok {
				kept.Pause = max(kept.Pause, m.LongestPause())
			}
		}
		c.Kept = &kept
	}
	return &c
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
