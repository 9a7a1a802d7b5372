package tlsmove

import (
	"crypto/tls"
	"net"
)

// Session is the server's side of a TLS connection that may be exported. It can
// be used like a [*tls.Conn]: one goroutine may read while another writes.
type Session interface {
	net.Conn
	ConnectionState() tls.ConnectionState
	CloseWrite() error
	NetConn() net.Conn // what Server or Continue was given

	// Partial reports whether a part of a record has come, and Read waits for the
	// rest. It must be called while no Read runs.
	Partial() bool

	// Pending reports whether something has come that no Read has returned: a part
	// of a record, or plaintext. It must be called while no Read runs.
	Pending() bool

	// Movable returns the error that every Export will return from now on, or nil
	// if one may succeed. It may be called at any time.
	Movable() error

	// Export returns the state of the connection and changes nothing. It must be
	// called while no other method runs. Its error is, or wraps, one of [ErrBusy],
	// [ErrUnsupported], [ErrUncertain] and [ErrEnded].
	Export() (*State, error)

	// Forget zeroes what is kept for Export, which fails from then on. A Conn can
	// no longer be used; its socket is not touched.
	Forget()
}

var (
	_ Session = (*Tapped)(nil)
	_ Session = (*Conn)(nil)
)
