package upgrade

import (
	"net"
	"os"
	"sync"
)

// adoption is the listener that accepts what the predecessor hands on to one
// server. Until this process is in charge it keeps what has come, untouched:
// the predecessor has its copies still, and may want to go on with them.
type adoption struct {
	addr net.Addr

	mu      sync.Mutex // guards everything below
	queue   []net.Conn
	opened  bool      // they are ours to serve
	closed  bool      // nothing is added any more; what is in the queue waits for open or drop
	changed sync.Cond // of mu
}

func newAdoption(addr net.Addr) *adoption {
	l := &adoption{addr: addr}
	l.changed.L = &l.mu
	return l
}

// Accept returns the next connection; net.ErrClosed when there will be none.
func (l *adoption) Accept() (net.Conn, error) {
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
			return nil, &net.OpError{Op: "accept", Net: "adopted", Addr: l.addr, Err: net.ErrClosed}
		}
		l.changed.Wait()
	}
}

// Close makes the predecessor keep what it has. What has been acknowledged is
// ours, or becomes it, so Accept goes on returning it.
func (l *adoption) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.changed.Broadcast()
	return nil
}

// open lets Accept return what has come: this process is in charge.
func (l *adoption) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened = true
	l.changed.Broadcast()
}

// drop gives up what was not served: this process will not be in charge, and
// the predecessor goes on with its copies.
func (l *adoption) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.opened {
		for _, c := range l.queue {
			_ = c.Close() // of our copy only; the client does not notice
		}
		l.queue, l.closed = nil, true
		l.changed.Broadcast()
	}
}

// Addr is the address of the server's listener.
func (l *adoption) Addr() net.Addr { return l.addr }

// put is called with l.mu held.
func (l *adoption) put(c net.Conn) {
	l.queue = append(l.queue, c)
	l.changed.Broadcast()
}

// adopt answers CONNS: it takes connections from the first on until one cannot
// be taken, acknowledges those, and only then lets servers accept them, once
// this process is in charge. Were the acknowledgement late or lost, the
// predecessor would take back nothing that has been served here.
func (h *heir) adopt(m message) {
	var list connList
	_ = m.into(&list) // checked on arrival
	h.mu.Lock()
	adoptions := make([]*adoption, len(m.fds))
	for i := range m.fds {
		adoptions[i] = h.adoptions[list.Servers[i]]
	}
	h.mu.Unlock()

	// All queues stay locked until the answer is out, so that none is closed
	// in between. Nobody else holds two of them.
	locked := map[*adoption]bool{}
	defer func() {
		for l := range locked {
			l.mu.Unlock()
		}
	}()
	conns := make([]net.Conn, 0, len(m.fds))
	left := m.fds
	for _, l := range adoptions {
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
		f := os.NewFile(uintptr(left[0]), "connection")
		left = left[1:]
		c, err := adoptConn(f)
		for n := len(left) - 1; err != nil && n >= 0; n-- {
			// We may hold no more files: one of those that the predecessor
			// then keeps makes room for this one.
			closeAll(left[n:])
			left = left[:n]
			c, err = adoptConn(f)
		}
		_ = f.Close()
		if err != nil {
			break
		}
		conns = append(conns, c)
	}
	closeAll(left)
	h.u.onStep("before ack")
	_ = h.line.send(ackMsg, m.seq, adopted{K: len(conns)}) // if it fails the predecessor is dead, and they are ours all the same
	h.u.onStep("after ack")
	for i, c := range conns {
		adoptions[i].put(c)
	}
}

func (h *heir) endAdoptions() { h.eachAdoption(func(l *adoption) { _ = l.Close() }) }

func (h *heir) eachAdoption(do func(*adoption)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.adoptions {
		do(l)
	}
}

// adoption returns the listener of a server, which exists once.
func (h *heir) adoption(server string, addr net.Addr) *adoption {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.adoptions[server]
	if l == nil {
		l = newAdoption(addr)
		if h.standing > ready || closed(h.gone) {
			_ = l.Close()
		}
		h.adoptions[server] = l
	}
	return l
}
