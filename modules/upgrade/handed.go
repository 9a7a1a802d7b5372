package upgrade

import (
	"net"
	"sync"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
)

// handedConns is the listener that accepts what the predecessor hands over to one
// server. Until this process is in charge it holds what has come, untouched: the
// predecessor still has its copies, and may have to go on with them. Its
// counterpart is handover.
type handedConns struct {
	addr    net.Addr
	options app.HandoverOptions
	opener  descriptor.Opener // of unopened ones

	mu      sync.Mutex // guards everything below
	queue   []net.Conn
	opened  bool      // this process may serve them
	closed  bool      // nothing is added any more; the queue waits for open or drop
	changed sync.Cond // of mu
}

func newHandedConns(addr net.Addr, options app.HandoverOptions) *handedConns {
	l := &handedConns{addr: addr, options: options}
	l.changed.L = &l.mu
	return l
}

// Accept returns the next connection, or net.ErrClosed when no more will come.
func (l *handedConns) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		switch {
		case len(l.queue) > 0 && l.opened:
			c := l.queue[0]
			l.queue[0] = nil
			l.queue = l.queue[1:]
			return c, nil
		case len(l.queue) == 0 && l.closed:
			return nil, &net.OpError{Op: "accept", Net: "handed over", Addr: l.addr, Err: net.ErrClosed}
		}
		l.changed.Wait()
	}
}

// Close makes the predecessor keep what it has. Connections that were acknowledged
// belong to this process, or will, so Accept still returns them.
func (l *handedConns) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.changed.Broadcast()
	return nil
}

// open lets Accept return what has come, since this process is in charge.
func (l *handedConns) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened = true
	together := map[string][]*app.HandedConn{} // by kind
	for _, c := range l.queue {
		if c, ok := c.(*app.HandedConn); ok {
			together[c.Kind] = append(together[c.Kind], c)
		}
	}
	for _, all := range together {
		for _, c := range all {
			c.Together = len(all)
		}
	}
	l.changed.Broadcast()
}

// drop gives up connections that were not served: this process will not be in
// charge, and the predecessor goes on with its copies.
func (l *handedConns) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.opened {
		for _, c := range l.queue {
			discard(c)
		}
		l.queue, l.closed = nil, true
		l.changed.Broadcast()
	}
}

// Addr returns the address of the server's listener.
func (l *handedConns) Addr() net.Addr { return l.addr }

// put adds c to the queue. Called with l.mu held.
func (l *handedConns) put(c net.Conn) {
	if c, ok := c.(*app.HandedConn); ok {
		c.Late = l.opened
	}
	l.queue = append(l.queue, c)
	l.changed.Broadcast()
}

// discard closes this process's copy; the client does not notice.
func discard(c net.Conn) {
	_ = c.Close()
	if c, ok := c.(*app.HandedConn); ok {
		c.Clear()
	}
}
