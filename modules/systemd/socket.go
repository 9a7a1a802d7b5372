package systemd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// sendTimeout is how long one message may wait for room in the manager's queue.
const sendTimeout = 5 * time.Second

// socket is the connection to the service manager: each message is a datagram. It
// is opened at its first use and kept, so that a process that has run out of
// descriptors can still feed its watchdog.
type socket struct {
	name string // NOTIFY_SOCKET

	sending sync.Mutex // one message at a time
	mu      sync.Mutex // guards everything below; never held while waiting
	conn    *net.UnixConn
	closed  bool
}

// send sends one message, and f with it unless it is nil. It blocks for
// sendTimeout at most.
func (s *socket) send(text string, f *os.File) error {
	if f == nil {
		return s.deliver(func(conn *net.UnixConn) error { _, err := conn.Write([]byte(text)); return err })
	}
	// Not f.Fd(), which would make the file description blocking for all that share
	// it.
	raw, err := f.SyscallConn()
	if err != nil {
		return fmt.Errorf("send %s: %w", f.Name(), err)
	}
	var sent error
	if err := raw.Control(func(fd uintptr) {
		sent = s.deliver(func(conn *net.UnixConn) error { return writeWith(conn, text, int(fd)) })
	}); err != nil {
		return fmt.Errorf("send %s: %w", f.Name(), err)
	}
	return sent
}

func (s *socket) deliver(write func(*net.UnixConn) error) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	deadline := time.Now().Add(sendTimeout)
	for first := true; ; first = false {
		conn, fresh, err := s.dial()
		if err != nil {
			return err
		}
		_ = conn.SetWriteDeadline(deadline)
		if err = write(conn); err == nil {
			return nil
		}
		s.drop(conn)
		if fresh || !first || errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("notify the service manager at %s: %w", s.name, err)
		}
		// A manager that was restarted has a new socket under the old name.
	}
}

func (s *socket) dial() (conn *net.UnixConn, fresh bool, err error) {
	if s.name[0] != '/' && s.name[0] != '@' {
		return nil, false, fmt.Errorf("%s=%q is neither a path nor an abstract name (@...): %w", notifySocket, s.name, errors.ErrUnsupported)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false, net.ErrClosed
	}
	if s.conn == nil {
		fresh = true
		s.conn, err = net.DialUnix("unixgram", nil, &net.UnixAddr{Name: s.name, Net: "unixgram"})
		if err != nil {
			return nil, true, fmt.Errorf("reach the service manager: %w", err)
		}
	}
	return s.conn, fresh, nil
}

func (s *socket) drop(conn *net.UnixConn) {
	conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == conn {
		s.conn = nil
	}
}

// barrier blocks until the manager has read everything sent before, or ctx
// ends. The manager confirms it by closing the descriptor that it is sent.
func (s *socket) barrier(ctx context.Context) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("wait for the service manager: %w", err)
	}
	defer r.Close()
	err = s.send("BARRIER=1", w)
	w.Close() // ours; the manager has its own now
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = r.SetReadDeadline(time.Unix(1, 0)) })()
	if _, err = r.Read(make([]byte, 1)); err == io.EOF {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("wait for the service manager to read the notifications: %w", err)
}

// close ends a send that is waiting. Later ones fail.
func (s *socket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}
