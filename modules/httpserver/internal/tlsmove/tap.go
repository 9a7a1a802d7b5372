package tlsmove

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

// tap is between crypto/tls and the socket. It follows the records of both
// directions and learns the secrets. It does not change the bytes.
type tap struct {
	socket          // an interface: crypto/tls finds no more of a *net.TCPConn than without
	bytes  net.Conn // what the bytes come from and go to: socket, or the one below it

	mu      sync.Mutex // guards everything below; reads and writes are concurrent
	in, out follower
	secrets secrets
	suite   *suite // from ServerHello; nil before, and for a suite that cannot move
	doubt   error  // the first event that a state could not describe
	off     bool   // nothing is followed any more
}

// socket is net.Conn under a name that is not exported where it is embedded.
type socket interface{ net.Conn }

func newTap(nc net.Conn) *tap {
	t := &tap{socket: nc, bytes: nc}
	t.in.tap, t.out.tap = t, t
	t.out.server = true
	return t
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.bytes.Read(p)
	if n > 0 {
		t.mu.Lock()
		if !t.off && !t.in.count(p[:n]) {
			t.in.follow(p[:n])
		}
		t.mu.Unlock()
	}
	return n, err
}

// NetConn returns the socket.
func (t *tap) NetConn() net.Conn { return t.socket }

func (t *tap) Write(p []byte) (int, error) {
	n, err := t.bytes.Write(p)
	t.mu.Lock()
	if !t.off && !t.out.count(p[:n]) {
		t.out.follow(p[:n])
	}
	if err != nil {
		t.doubtLocked("a record was not written: %w", err)
	}
	t.mu.Unlock()
	return n, err
}

func (t *tap) doubtLocked(format string, args ...any) {
	if t.doubt == nil {
		t.doubt = fmt.Errorf("%w: %w", ErrUncertain, fmt.Errorf(format, args...))
	}
}

// established is called when the handshake is complete: from here on both
// directions use the keys of the application.
func (t *tap) established() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.suite != nil {
		t.in.established()
		t.out.established()
	}
	t.secrets.wipe()
}

// forget stops following and drops the secrets.
func (t *tap) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.off = true
	t.doubtLocked("it is no longer followed")
	t.secrets.wipe()
	for _, f := range []*follower{&t.in, &t.out} {
		clear(f.keys.Secret)
		f.keys, f.opener, f.body, f.finished = Keys{}, nil, nil, nil
	}
}

// partial reports whether a part of a record of the client has come.
func (t *tap) partial() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.off && !t.in.atBoundary()
}

// pending reports whether more has come than crypto/tls has returned.
func (t *tap) pending(read int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.off && (!t.in.atBoundary() || t.in.plaintext != read)
}

// movable returns an error if no state will be certain any more.
func (t *tap) movable() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.suite == nil:
		return ErrUnsupported
	case t.doubt != nil:
		return t.doubt
	case t.in.keys.Secret == nil || t.out.keys.Secret == nil:
		return fmt.Errorf("%w: its secrets are not known", ErrUncertain)
	}
	return nil
}

// export returns the keys of both directions. read and written are how many bytes
// of plaintext crypto/tls has returned and accepted.
func (t *tap) export(read, written int64) (in, out Keys, err error) {
	if err := t.movable(); err != nil {
		return in, out, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.in.atBoundary() || !t.out.atBoundary():
		return in, out, ErrBusy
	case t.out.plaintext != written:
		return in, out, fmt.Errorf("%w: records carry %d bytes to the client, the application has written %d", ErrUncertain, t.out.plaintext, written)
	case t.in.plaintext != read:
		// Not read yet, most likely; else padding, or a message in pieces.
		return in, out, fmt.Errorf("%w: records carry %d bytes of the client, the application has read %d", ErrBusy, t.in.plaintext, read)
	}
	return t.in.keys.clone(), t.out.keys.clone(), nil
}

var errSecretLength = errors.New("a secret is not as long as its cipher suite demands")
