// Package listener has the listening socket of an HTTP server: it can be served by
// one http.Server after another, paused while a successor accepts, and closed
// without resetting a client that has begun to connect.
package listener

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/unixsocket"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/queue"
)

// Listener is a listening socket with everything that accepts from it, one run
// after another.
type Listener struct {
	net.Listener
	Endpoint app.Endpoint  // of the configuration; zero: the service manager's alone
	Secure   bool          // net/http speaks TLS on what this accepts
	Served   chan struct{} // closed when Serve has returned
	file     *unixsocket.File
	set      *conns.Set
	retired  atomic.Bool // the end of Serve is expected

	outer *wrapped // of Wrap; nil: it accepts itself

	mu     sync.Mutex    // guards everything below, and the deadline of the socket
	paused chan struct{} // closed by Resume; nil if it is not paused
	run    *serveRun     // the run that accepts
	left   accepted      // by a run that was already over; for the next one
}

// New returns a Listener that puts what it accepts from ln into set.
func New(ln net.Listener, set *conns.Set, secure bool) *Listener {
	l := &Listener{Listener: ln, Secure: secure, Served: make(chan struct{}), set: set}
	if _, ok := ln.(*net.UnixListener); ok {
		l.file = unixsocket.Look(ln.Addr().String())
	}
	return l
}

// Wrap makes the application's listener accept, which wraps the given one. The
// inner one is still what is paused, handed over and emptied. Call it before Serve.
func (l *Listener) Wrap(wrap func(net.Listener) net.Listener) (err error) {
	l.outer, err = around(l.Listener, wrap)
	return err
}

// serveRun is the listener that one http.Server serves: it passes tracked
// connections to net/http.
type serveRun struct {
	*Listener
	over atomic.Bool
}

// Queued returns how many connections wait to be accepted, as far as the system
// reports it.
func (l *Listener) Queued() int { return queued(l.Listener) }

// Serve calls serve for one http.Server after another, and blocks until serve ends
// for another reason than ReplaceServer. It returns nil if the listener has been
// retired.
func (l *Listener) Serve(serve func(net.Listener) error) error {
	defer close(l.Served)
	err := queue.ErrReplaced
	for errors.Is(err, queue.ErrReplaced) {
		err = serve(l.nextRun())
	}
	if l.retired.Load() {
		return nil
	}
	return err
}

// nextRun begins a run. The one before is over.
func (l *Listener) nextRun() *serveRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run = &serveRun{Listener: l}
	l.setDeadlineLocked()
	return l.run
}

// ReplaceServer ends the run. If Accept cannot be woken, the run ends with the next
// connection.
func (l *Listener) ReplaceServer() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.run != nil { // else it has not begun to serve
		l.run.over.Store(true)
		l.setDeadlineLocked()
	}
}

// setDeadlineLocked wakes Accept if it must not go on; otherwise it lets it wait.
func (l *Listener) setDeadlineLocked() {
	d, ok := l.Listener.(deadliner)
	if !ok {
		return
	}
	var deadline time.Time
	if l.paused != nil || l.run != nil && l.run.over.Load() {
		deadline = time.Unix(1, 0)
	}
	_ = d.SetDeadline(deadline)
}

// Close is called when a Serve loop ends. It closes the socket, unless another run
// takes its place.
func (r *serveRun) Close() error {
	if r.over.Load() {
		return nil
	}
	return r.Listener.Close()
}

// Accept first waits for room: clients beyond the limit wait in the accept queue,
// and beyond that in their own system. It waits once more with what it has
// accepted, since a predecessor may have handed over connections in the meantime.
func (r *serveRun) Accept() (net.Conn, error) {
	l := r.Listener
	for {
		l.set.WaitForRoom(&l.retired)
		if r.over.Load() {
			return nil, queue.ErrReplaced
		}
		nc, err := l.acceptOrLeft()
		if err == nil && r.over.Load() {
			l.mu.Lock()
			l.left = nc
			l.mu.Unlock()
			continue
		}
		if err == nil {
			return l.set.AddToRoom(nc.Conn, conns.Options{BelowTLS: l.Secure, Below: nc.below}, &l.retired), nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
		l.mu.Lock()
		paused := l.paused
		l.mu.Unlock()
		if paused != nil && !r.over.Load() {
			<-paused
		}
	}
}

// acceptOrLeft returns what the run before has left, or else the next connection.
func (l *Listener) acceptOrLeft() (accepted, error) {
	l.mu.Lock()
	nc := l.left
	l.left = accepted{}
	l.mu.Unlock()
	if nc.Conn != nil {
		return nc, nil
	}
	if l.outer != nil {
		return l.outer.accept()
	}
	c, err := l.Listener.Accept()
	return accepted{Conn: c}, err
}

type deadliner interface{ SetDeadline(time.Time) error }

// Pause lets the other process that holds the socket accept alone. The socket stays
// open. A listener that cannot pause goes on accepting, and what it accepts moves.
func (l *Listener) Pause() {
	if _, ok := l.Listener.(deadliner); !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused == nil && !l.retired.Load() {
		l.paused = make(chan struct{})
		l.setDeadlineLocked()
	}
}

// Resume undoes Pause. It may be called without one.
func (l *Listener) Resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused == nil {
		return
	}
	close(l.paused)
	l.paused = nil
	l.setDeadlineLocked()
}

// Close closes the socket, and ends a pause.
func (l *Listener) Close() error {
	if l.outer != nil {
		_ = l.outer.Close()
	}
	err := l.Listener.Close()
	if l.outer != nil && errors.Is(err, net.ErrClosed) {
		err = nil // closed by the application's listener
	}
	l.Resume()
	return err
}
