package otel

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// calls are the connections to the collector. The SDK does not give up at its end
// what it has begun to send, and a connection in use then would stay open and idle.
type calls struct {
	dialer net.Dialer

	mu    sync.Mutex // guards everything below
	open  map[net.Conn]bool
	ended bool
}

var errEnded = errors.New("nothing is sent any more: the application has ended")

func (c *calls) client() *http.Client {
	return &http.Client{
		Timeout: 10 * time.Second, // as the specification has it
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DialContext: c.dial,
			TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second},
	}
}

func (c *calls) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := c.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil, errors.Join(errEnded, nc.Close())
	}
	call := &call{nc, c}
	c.open[call] = true
	return call, nil
}

// end closes every connection, and those that are yet to come.
func (c *calls) end() {
	c.mu.Lock()
	open := c.open
	c.open, c.ended = nil, true
	c.mu.Unlock()
	for nc := range open {
		_ = nc.Close()
	}
}

type call struct {
	net.Conn
	of *calls
}

func (c *call) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
