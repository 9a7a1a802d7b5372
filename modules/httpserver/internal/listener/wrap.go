package listener

import (
	"errors"
	"net"
	"reflect"
	"sync"
)

// wrapped is the application's listener around ours.
type wrapped struct {
	net.Listener
	tap *tap
}

// around returns the listener that wrap makes around ln.
func around(ln net.Listener, wrap func(net.Listener) net.Listener) (*wrapped, error) {
	t := &tap{Listener: ln}
	outer := wrap(t)
	if v := reflect.ValueOf(outer); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, errors.New("the function given to WrapListener returned nil: return the listener that it gets, or one around it")
	}
	return &wrapped{outer, t}, nil
}

// accepted is a connection, with the socket below it if a listener has wrapped it.
type accepted struct {
	net.Conn
	below net.Conn
}

// accept returns the next connection.
func (w *wrapped) accept() (accepted, error) {
	w.tap.begin()
	nc, err := w.Accept()
	if err != nil {
		return accepted{}, err
	}
	if nc == nil {
		return accepted{}, errors.New("the listener of WrapListener accepted nil")
	}
	return accepted{nc, w.tap.below()}, nil
}

// tap is what the application's listener accepts from. A connection of the
// application's listener does not show its socket; it must be the one that tap has
// accepted in the meantime.
type tap struct {
	net.Listener

	mu   sync.Mutex // guards everything below
	last net.Conn
	n    int // accepted since begin
}

func (t *tap) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last, t.n = nil, 0
}

// below returns the socket that was accepted, or nil if that is not certain.
func (t *tap) below() net.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n != 1 {
		return nil
	}
	return t.last
}

// Accept implements net.Listener.
func (t *tap) Accept() (net.Conn, error) {
	nc, err := t.Listener.Accept()
	if err == nil {
		t.mu.Lock()
		t.last, t.n = nc, t.n+1
		t.mu.Unlock()
	}
	return nc, err
}
