package listener

import (
	"context"
	"errors"
	"net"
	"time"
)

// Retiring is how a Listener ends.
type Retiring struct {
	Serving  bool // Serve has been called
	Replaced bool // a successor accepts what waits
	Alone    bool // no other process accepts from the socket
}

// Retire closes the socket without losing what clients have begun. It blocks until
// Serve has returned, or ctx ends: a listener of the application's whose Close does
// not end its Accept does not hold it.
func (l *Listener) Retire(ctx context.Context, how Retiring) error {
	l.retired.Store(true)
	l.set.WakeAccept() // what waits beyond the limit gets in, too
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

// removeFile takes the file of a unix socket away before the socket is closed, so
// that no client comes while its queue empties: they would be reset.
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

// emptyTimeout bounds emptyQueue where the Serve loop does not accept, for want of
// file descriptors for example. The time that it takes is time that the drain does
// not have.
const emptyTimeout = time.Second

// emptyQueue lets the Serve loop accept, for the time of a handshake, what
// clients have begun, and returns when the socket can be closed without resetting
// a connection. A socket that this process alone holds lets no new client in
// meanwhile, where the system can do that, so that those clients get a clean
// refusal from the closed port instead; release undoes it for a socket which is
// not closed after all.
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
