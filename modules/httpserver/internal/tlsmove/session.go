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
	NetConn() net.Conn // the socket below

	// Export returns the state of the connection and changes nothing. It is to
	// be called while no other method runs. Its error is, or wraps, one of
	// [ErrBusy], [ErrUnsupported], [ErrUncertain] and [ErrEnded].
	Export() (*State, error)
}

var (
	_ Session = (*Tapped)(nil)
	_ Session = (*Conn)(nil)
)
