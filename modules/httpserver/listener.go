package httpserver

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// listener is a listening socket and all that accepts from it, one turn after the other.
type listener struct {
	net.Listener
	file    fs.FileInfo // of a unix socket
	conns   *connSet
	layered bool          // net/http speaks TLS on what this accepts
	retired atomic.Bool   // the end of Serve is expected
	served  chan struct{} // closed when Serve has returned

	mu     sync.Mutex    // guards what follows, and the deadline of the socket
	paused chan struct{} // closed by resume; nil if it is not paused
	turn   *turn         // the one that accepts
	left   net.Conn      // accepted in a turn that was over, for the next
}

// turn is what one http.Server gets to serve: it hands net/http tracked connections.
type turn struct {
	*listener
	over atomic.Bool
}

// nextTurn begins a turn. The one before is over.
func (l *listener) nextTurn() *turn {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn = &turn{listener: l}
	l.setDeadlineLocked()
	return l.turn
}

// renew ends the turn. Where Accept cannot be woken it ends with the next connection.
func (l *listener) renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turn != nil { // else it has not begun to serve
		l.turn.over.Store(true)
		l.setDeadlineLocked()
	}
}

// setDeadlineLocked wakes Accept if it must not go on, and otherwise lets it wait.
func (l *listener) setDeadlineLocked() {
	d, ok := l.Listener.(deadliner)
	if !ok {
		return
	}
	var deadline time.Time
	if l.paused != nil || l.turn != nil && l.turn.over.Load() {
		deadline = time.Unix(1, 0)
	}
	_ = d.SetDeadline(deadline)
}

// Close is for a Serve loop that ends: unless another takes its place, the socket is closed.
func (t *turn) Close() error {
	if t.over.Load() {
		return nil
	}
	return t.listener.Close()
}

// Accept waits for room first: clients beyond the limit wait in the accept queue, and beyond that in their own system.
func (t *turn) Accept() (net.Conn, error) {
	l := t.listener
	for {
		l.conns.waitForRoom(&l.retired)
		if t.over.Load() {
			return nil, errRenewed
		}
		nc, err := l.acceptOrLeft()
		if err == nil && t.over.Load() {
			l.mu.Lock()
			l.left = nc
			l.mu.Unlock()
			continue
		}
		if err == nil {
			return l.conns.add(nc, l.layered), nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
		l.mu.Lock()
		paused := l.paused
		l.mu.Unlock()
		if paused != nil && !t.over.Load() {
			<-paused
		}
	}
}

// acceptOrLeft returns what the turn before has left, and else what comes.
func (l *listener) acceptOrLeft() (net.Conn, error) {
	l.mu.Lock()
	nc := l.left
	l.left = nil
	l.mu.Unlock()
	if nc != nil {
		return nc, nil
	}
	return l.Listener.Accept()
}

type deadliner interface{ SetDeadline(time.Time) error }

// pause lets whoever holds the socket as well accept alone. The socket stays open.
func (l *listener) pause() {
	if _, ok := l.Listener.(deadliner); !ok {
		return // goes on accepting, and what it accepts moves
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused == nil && !l.retired.Load() {
		l.paused = make(chan struct{})
		l.setDeadlineLocked()
	}
}

// resume undoes pause.
func (l *listener) resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused == nil {
		return
	}
	close(l.paused)
	l.paused = nil
	l.setDeadlineLocked()
}

// Close also ends a pause.
func (l *listener) Close() error {
	err := l.Listener.Close()
	l.resume()
	return err
}

// settleTime is how long a handshake that has begun may take to arrive in the accept queue. On the loopback it is
// there at once.
func settleTime(a net.Addr) time.Duration {
	switch a := a.(type) {
	case *net.TCPAddr:
		if a.IP.IsLoopback() {
			return 2 * time.Millisecond
		}
		return 200 * time.Millisecond
	case *net.UnixAddr:
		return 2 * time.Millisecond
	default:
		return 0
	}
}

// mostToEmpty bounds emptyQueue where the Serve loop does not accept, for want of file descriptors for example. The
// time that it takes is time that the drain does not have.
const mostToEmpty = time.Second

// emptyQueue lets the Serve loop accept, for a settle time, what clients have begun, and returns when the socket can
// be closed without resetting a connection. A socket that this process alone holds lets nobody new in meanwhile, where
// the system can do that, so that those clients get a clean refusal from the closed port instead; release undoes it
// for a socket which is not closed after all.
func emptyQueue(ctx context.Context, ln net.Listener, alone bool) (release func()) {
	release = func() {}
	if alone {
		release = holdBack(ln)
	}
	ctx, cancel := context.WithTimeout(ctx, mostToEmpty)
	defer cancel()
	wait := time.NewTimer(settleTime(ln.Addr()))
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return release
		case <-wait.C:
		}
		if queued(ln) == 0 {
			return release
		}
		wait.Reset(time.Millisecond)
	}
}
