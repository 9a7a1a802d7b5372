package otel

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// connections are those to the collector. When the SDK ends, it does not cancel a
// request that it has begun, and its connection would stay open and idle.
type connections struct {
	dialer net.Dialer

	mu    sync.Mutex // guards everything below
	open  map[net.Conn]bool
	ended bool
}

var errEnded = errors.New("nothing is sent any more: the application has ended")

func (c *connections) client() *http.Client {
	return &http.Client{
		Timeout: 10 * time.Second, // as the specification says
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DialContext: c.dial,
			TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 90 * time.Second},
	}
}

func (c *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := c.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil, errors.Join(errEnded, nc.Close())
	}
	opened := &connection{nc, c}
	c.open[opened] = true
	return opened, nil
}

// end closes every connection, also later ones.
func (c *connections) end() {
	c.mu.Lock()
	open := c.open
	c.open, c.ended = nil, true
	c.mu.Unlock()
	for nc := range open {
		_ = nc.Close()
	}
}

type connection struct {
	net.Conn
	of *connections
}

func (c *connection) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// newConnections returns connections that can be closed at the end, unlike those of
// the exporters. It returns nil if the environment has variables that only the
// exporters' connections support.
func newConnections() *connections {
	for _, signal := range []string{"", "TRACES_", "METRICS_", "LOGS_"} {
		for _, name := range []string{"CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY", "TIMEOUT"} {
			if os.Getenv("OTEL_EXPORTER_OTLP_"+signal+name) != "" {
				return nil
			}
		}
	}
	return &connections{open: map[net.Conn]bool{}}
}
