package httpserver_test

import (
	"context"
	"errors"
	"net"

	"github.com/gracefulfx/graceful/app"
)

var errBroken = errors.New("accept is broken")

// fragileSockets gives out listeners whose Accept fails once broken is closed.
type fragileSockets struct{ broken chan struct{} }

var _ app.Sockets = fragileSockets{}

func (s fragileSockets) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	ln, err := app.OpenSockets().Listen(ctx, name, network, address)
	return fragileListener{ln, s.broken}, err
}

type fragileListener struct {
	net.Listener
	broken chan struct{}
}

func (l fragileListener) Accept() (net.Conn, error) {
	<-l.broken
	return nil, errBroken
}
