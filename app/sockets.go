package app

import (
	"context"
	"net"

	"github.com/gracefulfx/graceful/internal/unixsocket"
)

// Sockets is where servers get their listeners from: opened afresh here, or
// inherited from a predecessor or the service manager. The name, such as "http", is
// the same in every generation and decides which inherited socket belongs to which
// server.
type Sockets interface {
	// Listen returns a listener for the address, which is the caller's to
	// close. It fails if the address cannot be bound; the error is a
	// *net.OpError as from net.Listen. It may block to look a host name up,
	// as long as ctx allows, and may be called by several at once.
	Listen(ctx context.Context, name, network, address string) (net.Listener, error)
}

// Sharer is an optional interface of Sockets.
type Sharer interface {
	// Shared reports whether another process accepts, or may accept, from the
	// socket of that name: a predecessor, a successor, the service manager's
	// next instance. Then this process must not change its state alone, and
	// connections in its queue are not lost when this process closes it.
	Shared(name string) bool
}

// ManySockets is an optional interface of Sockets, for servers with several
// sockets.
type ManySockets interface {
	// ListenAll is Listen for each of the addresses, in their order. After these it
	// returns the sockets that the service manager has for the server of that name
	// and that match none of the addresses. If it fails, it has closed what it
	// opened.
	ListenAll(ctx context.Context, name string, at []Endpoint) ([]net.Listener, error)
	// SharedListener is Sharer.Shared for one listener of a server.
	SharedListener(ln net.Listener) bool
}

// Endpoint is where a server listens: the arguments of net.Listen.
type Endpoint struct{ Network, Address string }

// OpenSockets returns Sockets that open every listener afresh. They replace the
// file of a unix socket that a killed process has left behind.
func OpenSockets() Sockets { return openSockets{} }

type openSockets struct{}

func (openSockets) Listen(ctx context.Context, _, network, address string) (net.Listener, error) {
	if network == "unix" || network == "unixpacket" {
		return unixsocket.Listen(ctx, network, address)
	}
	var lc net.ListenConfig
	// Multipath TCP, the default since Go 1.24, does not allow the socket filter
	// with which a stop keeps the accept queue from being reset (SO_ATTACH_FILTER
	// returns EOPNOTSUPP). A server behind a load balancer does not need it.
	lc.SetMultipathTCP(false)
	return lc.Listen(ctx, network, address)
}

// Address is where a server of this process can be reached.
type Address struct {
	Server string `json:"server"` // "http", "admin", ...
	Net    string `json:"net"`    // "tcp", "unix"
	Addr   string `json:"addr"`
}
