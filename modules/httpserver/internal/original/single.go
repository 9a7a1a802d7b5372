package original

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
)

// Single is a listener with one connection. It ends when the connection or its
// server has ended.
type Single struct {
	nc     net.Conn
	ended  <-chan struct{}
	given  atomic.Bool
	closed chan struct{}
	once   sync.Once
}

// NewSingle returns a listener that ends when ended is closed at the latest; nil
// means never.
func NewSingle(nc net.Conn, ended <-chan struct{}) *Single {
	return &Single{nc: nc, ended: ended, closed: make(chan struct{})}
}

var errSingle = errors.New("there is only one connection")

// Given reports whether the connection has been accepted.
func (s *Single) Given() bool { return s.given.Load() }

// Accept implements net.Listener.
func (s *Single) Accept() (net.Conn, error) {
	if !s.given.Swap(true) {
		return s.nc, nil
	}
	select {
	case <-s.ended:
	case <-s.closed:
	}
	return nil, errSingle
}

// Close implements net.Listener.
func (s *Single) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// Addr implements net.Listener.
func (s *Single) Addr() net.Addr { return s.nc.LocalAddr() }
