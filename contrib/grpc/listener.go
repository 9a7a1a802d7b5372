package grpcserver

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// listener tracks the connections that it has accepted: grpc.Server does not show
// what happens on them, and cannot close one in its handshake.
type listener struct {
	net.Listener
	mu       sync.Mutex // guards everything below
	open     map[*conn]struct{}
	leaving  map[*conn]struct{} // closed by grpc-go, but with bytes on their way
	draining bool
}

func newListener(ln net.Listener) *listener {
	return &listener{Listener: ln, open: map[*conn]struct{}{}, leaving: map[*conn]struct{}{}}
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: nc, from: l, accepted: time.Now()}
	l.mu.Lock()
	l.open[c] = struct{}{}
	l.mu.Unlock()
	if sc, ok := nc.(syscall.Conn); ok {
		return socketConn{c, sc}, nil
	}
	return c, nil
}

// drain is called before GOAWAY is sent.
func (l *listener) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.draining = true
	for c := range l.open {
		c.answered = c.received.Load()
	}
}

// moved returns a number that changes when a byte has moved on any connection.
func (l *listener) moved() (sum uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, set := range []map[*conn]struct{}{l.open, l.leaving} {
		for c := range set {
			sum += uint64(c.received.Load()) + uint64(c.sent.Load()) + deliveryOf(c.Conn).acked
		}
	}
	return sum
}

// count returns how many connections are open, and how many have bytes on their way
// although grpc-go has closed them.
func (l *listener) count() (open, leaving int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open), len(l.leaving)
}

// heard reports whether any client has sent something.
func (l *listener) heard() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		if c.received.Load() > 0 {
			return true
		}
	}
	return false
}

// closeDelivered closes connections whose last bytes have arrived.
func (l *listener) closeDelivered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.leaving {
		if !deliveryOf(c.Conn).pending() {
			delete(l.leaving, c)
			_ = c.Conn.Close()
		}
	}
}

// closeSilent closes connections that have sent nothing since they were accepted,
// more than age ago.
func (l *listener) closeSilent(age time.Duration) {
	l.abort(func(c *conn) bool { return c.received.Load() == 0 && time.Since(c.accepted) > age })
}

// closeUnanswered closes the connections whose clients have sent nothing since the
// drain began, not even the answer to the ping of GOAWAY, and returns how many
// there were. A connection that is still open after an answer has a call that
// grpc-go has not finished; the client of a stalled one does not read.
func (l *listener) closeUnanswered() int {
	return l.abort(func(c *conn) bool {
		return c.received.Load() == c.answered && !deliveryOf(c.Conn).stalled()
	})
}

// closeAll closes every connection and returns how many there were.
func (l *listener) closeAll() int {
	n := l.abort(func(*conn) bool { return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	n += len(l.leaving)
	for c := range l.leaving {
		delete(l.leaving, c)
		_ = c.Conn.Close()
	}
	return n
}

// abort closes the sockets of connections; grpc-go notices and closes them, too.
func (l *listener) abort(which func(*conn) bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		if which(c) {
			c.closed = true
			delete(l.open, c)
			_ = c.Conn.Close()
			n++
		}
	}
	return n
}
