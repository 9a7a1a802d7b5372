package h2conn

import (
	"net"
	"sync/atomic"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/lifetime"
)

// Client is what a Conn and the one who tracks its connection share.
type Client struct {
	Life    *lifetime.Life
	Streams *atomic.Bool  // some are open
	Talks   *atomic.Int64 // conversations that go on: their client may pause
	Socket  net.Conn      // the system knows it

	// Draining means that sockets are held on to until their clients have
	// acknowledged all.
	Draining *atomic.Bool
}
