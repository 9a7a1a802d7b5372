package listener

import (
	"context"
	"errors"
	"net"
	"time"
)

// Retiring is the way in which a Listener ends.
type Retiring struct {
	Serving  bool // Serve has been called
	Replaced bool // a successor accepts what waits
	Alone    bool // no other process accepts from the socket
}

// Retire closes the socket without losing connections that clients have begun. It
// blocks until Serve has returned, or ctx ends: a listener of the application whose
// Close does not end its Accept does not hold it up.
func (l *Listener) Retire(ctx context.Context, how Retiring) error {
	l.retired.Store(true)
	l.set.WakeAccept() // connections beyond the limit get in too
	if how.Replaced {
		l.keepFile()
	} else if how.Serving {
		if how.Alone {
			l.removeFile()
		}
		release := emptyQueue(ctx, l.Listener, how.Alone)
		defer release()
	}
	err := l.Close()
	if errors.Is(err, net.ErrClosed) { // Serve closes it when it fails
		err = nil
	}
	if !how.Serving {
		return err
	}
	select {
	case <-l.Served:
		return err
	case <-ctx.Done():
		return errors.Join(err, context.Cause(ctx))
	}
}

// removeFile removes the file of a unix socket before the socket is closed, so that
// no client connects while the queue empties: it would be reset.
func (l *Listener) removeFile() {
	l.keepFile()
	_ = l.file.Remove()
}

// keepFile leaves the file of a unix socket where it is when the socket is closed.
func (l *Listener) keepFile() {
	if u, ok := l.Listener.(*net.UnixListener); ok && l.file != nil {
		u.SetUnlinkOnClose(false)
	}
}

// handshakeTime is how long a handshake that has begun may take to arrive in the
// accept queue. On the loopback it is there at once.
func handshakeTime(a net.Addr) time.Duration {
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

// emptyTimeout bounds emptyQueue if the Serve loop does not accept, for example
// without free file descriptors. The drain has that much less time.
const emptyTimeout = time.Second

// emptyQueue lets the Serve loop accept, for the time of a handshake, the
// connections that clients have begun, and returns when the socket can be closed
// without resetting one. If only this process holds the socket and the system
// allows it, no new client gets in during that time, but gets a clean refusal from
// the closed port instead; release undoes that for a socket that is not closed in
// the end.
func emptyQueue(ctx context.Context, ln net.Listener, alone bool) (release func()) {
	release = func() {}
	if alone {
		release = holdBack(ln)
	}
	ctx, cancel := context.WithTimeout(ctx, emptyTimeout)
	defer cancel()
	wait := time.NewTimer(handshakeTime(ln.Addr()))
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
