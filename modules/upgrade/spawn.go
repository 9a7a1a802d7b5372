package upgrade

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// lineFD is the descriptor of the line in a new process: the first after
// standard input, output and error.
const lineFD = 3

// child is a new process, as the old one sees it.
type child struct {
	proc   *os.Process
	parent *lineage
	line   *line

	messages chan message  // from receive
	acks     chan message  // from receive, for the ferry; holds the one that there can be
	lost     chan struct{} // closed when nothing more can come
	broken   error         // why, if it was no hang-up; read after lost
	deaf     chan struct{} // closed when nobody takes messages any more
	unbound  chan struct{} // closed when it has said that it accepts nothing any more
	exited   chan struct{} // closed when the process has ended and was waited for
	state    *os.ProcessState
	ignore   sync.Once
	leave    sync.Once
}

// spawn starts p as our successor. Nothing of ours is inherited but the
// standard files and the line; sockets follow over it. In particular no
// listener goes through os.File.Fd, which would make the socket, shared by
// both processes, a blocking one. What before says on the line it finds there.
func spawn(o *origin, p program, before func(*line) error) (*child, error) {
	if o.err != nil {
		return nil, fmt.Errorf("the directory in which the process was started is not known: %w", o.err)
	}
	if _, err := os.Stat(o.dir); err != nil {
		return nil, fmt.Errorf("the directory in which the process was started is gone, and a new one would start in it: %w", err)
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	l := &line{conn: ours}
	if err := before(l); err != nil {
		l.close()
		closeAll([]int{theirs})
		return nil, err
	}
	parent := newLineage()
	proc, err := startProcess(p.path, o.argv, environment(), o.dir, theirs, parent)
	if err != nil {
		l.close()
		return nil, fmt.Errorf("start %s: %w", p.path, err)
	}
	c := newChild(proc, parent, l)
	go c.wait()
	go c.receive()
	return c, nil
}

func newChild(proc *os.Process, parent *lineage, l *line) *child {
	return &child{
		proc: proc, parent: parent, line: l,
		messages: make(chan message), acks: make(chan message, 1), lost: make(chan struct{}), deaf: make(chan struct{}),
		unbound: make(chan struct{}), exited: make(chan struct{}),
	}
}

// wait keeps the child from becoming a zombie. When the child has taken over,
// it outlives us, and this goroutine ends with the process.
func (c *child) wait() {
	state, err := c.parent.wait(c.proc)
	if err == nil {
		c.state = state
	}
	close(c.exited)
}

func (c *child) receive() {
	defer close(c.lost)
	for {
		m, err := c.line.receive()
		if err != nil {
			if !errors.Is(err, io.EOF) && !isHangup(err) {
				c.broken = err
			}
			return
		}
		if m.kind == ackMsg {
			select {
			case c.acks <- m:
				continue
			default: // the one before was not asked for, or nobody waits any more
				c.broken = errors.New("it acknowledged connections that it was not given")
				return
			}
		}
		closeAll(m.fds) // a child sends none
		if m.kind == unboundMsg {
			c.leave.Do(func() { close(c.unbound) })
			continue
		}
		select {
		case c.messages <- m:
		case <-c.deaf:
		}
	}
}

// end describes how the process ended. Only after exited.
func (c *child) end() error {
	if c.state == nil {
		return errors.New("it ended: its log, or that of the service manager, says how")
	}
	return fmt.Errorf("it ended: %v", c.state)
}

// kill ends the child at once. It does not wait.
func (c *child) kill() {
	if !closed(c.exited) { // else its number may be another's by now
		kill(c.proc)
	}
}

func (c *child) askToEnd() {
	if !closed(c.exited) { // as above
		askToEnd(c.proc)
	}
}

// turnDown ends a child that will not take over: in order if it can, since it
// may have accepted connections, by force after grace. It calls unbound as soon
// as the child does not accept any more, and returns when nothing is left of it.
func (c *child) turnDown(why string, answered bool, grace time.Duration, unbound func()) {
	c.deafen()
	if !answered || c.line.send(abortMsg, 0, text{why}) != nil {
		c.askToEnd() // it may be a program that knows nothing of us
	}
	end := time.Now().Add(grace)
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-c.unbound:
	case <-c.exited:
	case <-t.C:
		c.kill()
		<-c.exited
	}
	unbound()
	c.awaitEnd(time.Until(end))
}

// awaitEnd waits for a child that is about to end, and ends it after grace.
func (c *child) awaitEnd(grace time.Duration) {
	c.deafen()
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-c.exited:
	case <-t.C:
		c.kill()
		<-c.exited
	}
	c.line.close()
	<-c.lost
}

// deafen lets receive go on without anybody who listens.
func (c *child) deafen() { c.ignore.Do(func() { close(c.deaf) }) }
