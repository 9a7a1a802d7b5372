package h2conn

import (
	"net"
	"sync/atomic"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/lifetime"
)

// Client is what a Conn shares with the code that tracks its connection.
type Client struct {
	Life    *lifetime.Life
	Streams *atomic.Bool  // some are open
	Talks   *atomic.Int64 // conversations under way: their client may pause
	Socket  net.Conn      // a socket of the system

	// Draining is true when sockets are held until their clients have acknowledged
	// everything.
	Draining *atomic.Bool
}
