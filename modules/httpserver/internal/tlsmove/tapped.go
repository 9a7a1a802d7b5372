package tlsmove

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync/atomic"
)

// Tapped is a connection that crypto/tls serves, and that can be exported.
type Tapped struct {
	*tlsConn
	tap *tap

	read, written atomic.Int64 // bytes of plaintext
}

// tlsConn is tls.Conn under a name that is not exported where it is embedded.
type tlsConn = tls.Conn

// Server is [tls.Server] for a connection that can be exported, if c comes from
// [Config]; with another c, Export fails. The handshake must be done with
// [Tapped.HandshakeContext]: after a handshake in a Read, the connection cannot be
// exported.
func Server(nc net.Conn, c *tls.Config) *Tapped {
	t := newTap(nc)
	return &Tapped{tlsConn: tls.Server(t, c), tap: t}
}

// Config returns a copy of c for [Server]. Each handshake gets its own copy of c,
// or of what the GetConfigForClient of c returns, with the KeyLogWriter of the
// connection. The KeyLogWriter of c gets every line as well. Keys of session
// tickets may be set on the returned copy at any time.
func Config(c *tls.Config) *tls.Config {
	c = c.Clone()
	next := c.GetConfigForClient
	c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		chosen := c
		if next != nil {
			switch own, err := next(hello); {
			case err != nil:
				return nil, err
			case own != nil:
				chosen = own
			}
		}
		t, ok := hello.Conn.(*tap)
		if !ok {
			return chosen, nil
		}
		own := chosen == c && c.WrapSession == nil && c.UnwrapSession == nil
		chosen = chosen.Clone() // only now: keys of tickets may have changed
		if own {
			t.followSessions(chosen, c)
		}
		if log := chosen.KeyLogWriter; log != nil {
			chosen.KeyLogWriter = io.MultiWriter(keyLog{t}, log)
		} else {
			chosen.KeyLogWriter = keyLog{t}
		}
		return chosen, nil
	}
	return c
}

// HandshakeContext does the handshake, like that of [tls.Conn].
func (t *Tapped) HandshakeContext(ctx context.Context) error {
	err := t.tlsConn.HandshakeContext(ctx)
	if err == nil {
		t.tap.established()
	}
	return err
}

// Handshake is HandshakeContext without a limit.
func (t *Tapped) Handshake() error { return t.HandshakeContext(context.Background()) }

// TLS returns the *tls.Conn. Reading from it or writing to it directly makes Export
// fail.
func (t *Tapped) TLS() *tls.Conn { return t.tlsConn }

func (t *Tapped) Read(p []byte) (int, error) {
	n, err := t.tlsConn.Read(p)
	t.read.Add(int64(n))
	return n, err
}

func (t *Tapped) Write(p []byte) (int, error) {
	n, err := t.tlsConn.Write(p)
	t.written.Add(int64(n))
	return n, err
}

// Partial implements [Session].
func (t *Tapped) Partial() bool { return t.tap.partial() }

// Pending implements [Session].
func (t *Tapped) Pending() bool { return t.tap.pending(t.read.Load()) }

// Movable implements [Session].
func (t *Tapped) Movable() error { return t.tap.movable() }

// Forget implements [Session].
func (t *Tapped) Forget() { t.tap.forget() }

// Shorten makes reads and writes go to nc, which must be below what [Server] was
// given. The deadlines and Close still go there. It must be called after the
// handshake, while nothing else uses the connection.
func (t *Tapped) Shorten(nc net.Conn) { t.tap.bytes = nc }

// NetConn returns the socket, not the tap on it.
func (t *Tapped) NetConn() net.Conn { return t.tap.socket }

// Export implements [Session].
func (t *Tapped) Export() (*State, error) {
	cs := t.ConnectionState()
	in, out, err := t.tap.export(t.read.Load(), t.written.Load())
	if err != nil {
		return nil, err
	}
	s := &State{Version: cs.Version, Suite: cs.CipherSuite, In: in, Out: out}
	s.describe(&cs)
	if err := s.check(); err != nil {
		s.Wipe()
		return nil, err
	}
	return s, nil
}
