// Package queue has the listener through which net/http gets connections that were
// not accepted from the server's socket.
package queue

import (
	"errors"
	"net"
	"sync"
)

// ErrReplaced ends the Serve loop of a server that another one replaces.
var ErrReplaced = errors.New("another server accepts from now on")

// Queue is a net.Listener of connections that a predecessor hands over, that a
// successor could not take, or that have rested.
type Queue struct {
	drop func(net.Conn) // closes a connection that was not accepted

	mu       sync.Mutex // guards everything below
	addr     net.Addr   // of the server's own socket
	waiting  []net.Conn
	replaced bool // another http.Server accepts from now on
	closed   bool
	wake     sync.Cond // of mu

	once   sync.Once
	served chan struct{} // closed when net/http's loop has ended; nil if it was never started
}

// New returns an empty Queue. drop is called with its mutex held, for a connection
// that comes after Close, or is not accepted before.
func New(drop func(net.Conn)) *Queue {
	q := &Queue{drop: drop}
	q.wake.L = &q.mu
	return q
}

// Serve makes net/http serve what comes: it calls serve on a new goroutine, and
// again after each ReplaceServer, until Stop. addr is the address of the server.
// Only the first call has an effect. It does not block.
func (q *Queue) Serve(addr net.Addr, serve func(net.Listener) error) {
	q.once.Do(func() {
		served := make(chan struct{})
		q.mu.Lock()
		q.addr, q.served = addr, served
		q.mu.Unlock()
		go func() {
			defer close(served)
			for err := ErrReplaced; errors.Is(err, ErrReplaced); {
				err = serve(queueRun{q})
			}
		}()
	})
}

// Stop ends Serve's goroutine and waits for it. Connections that were not accepted
// are dropped, and so are later ones.
func (q *Queue) Stop() {
	_ = q.Close()
	q.mu.Lock()
	served := q.served
	q.mu.Unlock()
	if served != nil {
		<-served
	}
}

// Put gives c to net/http. Once the queue is closed, it drops c.
func (q *Queue) Put(c net.Conn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		q.drop(c)
		return
	}
	q.waiting = append(q.waiting, c)
	q.wake.Signal()
}

// Accept implements net.Listener.
func (q *Queue) Accept() (net.Conn, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.replaced && !q.closed {
		q.wake.Wait()
	}
	if q.closed {
		return nil, net.ErrClosed
	}
	if q.replaced {
		q.replaced = false
		return nil, ErrReplaced
	}
	c := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	return c, nil
}

// ReplaceServer makes another http.Server serve what comes from now on.
func (q *Queue) ReplaceServer() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.replaced = true
	q.wake.Broadcast()
}

// queueRun is the listener that one http.Server serves. When it ends, the queue
// stays open for the next.
type queueRun struct{ *Queue }

// Close implements net.Listener.
func (queueRun) Close() error { return nil }

// Close implements net.Listener. Connections that were not accepted are dropped.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, c := range q.waiting {
		q.drop(c)
	}
	q.waiting = nil
	q.wake.Broadcast()
	return nil
}

// Closed reports whether Stop or Close has been called.
func (q *Queue) Closed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// Addr implements net.Listener.
func (q *Queue) Addr() net.Addr {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.addr
}
