package grpcserver

import (
	"net"
	"sync"
	"sync/atomic"
)

// listener remembers the connections it has accepted, because grpc.Server lets
// nobody close those that have not introduced themselves.
type listener struct {
	net.Listener
	mu   sync.Mutex // guards open
	open map[*conn]struct{}
}

func newListener(ln net.Listener) *listener {
	return &listener{Listener: ln, open: map[*conn]struct{}{}}
}

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: nc, from: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
	return c, nil
}

// closeSilent closes the connections on which nothing has been said.
func (l *listener) closeSilent() {
	l.closeAll(func(c *conn) bool { return !c.spoken.Load() })
}

// closeAll closes connections by force and returns how many there were.
func (l *listener) closeAll(which func(*conn) bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		if which(c) {
			_ = c.Conn.Close()
			n++
		}
	}
	return n
}

type conn struct {
	net.Conn
	from   *listener
	spoken atomic.Bool
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.spoken.Load() {
		c.spoken.Store(true)
	}
	return n, err
}

func (c *conn) Close() error {
	c.from.mu.Lock()
	delete(c.from.open, c)
	c.from.mu.Unlock()
	return c.Conn.Close()
}
