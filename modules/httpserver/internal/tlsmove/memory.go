package tlsmove

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// memoryConn is one end of a connection in memory. Unlike that of net.Pipe its
// Write does not wait for a Read: in TLS 1.3 both sides write at the same time.
type memoryConn struct{ in, out *memory }

// memoryPipe returns both ends.
func memoryPipe() (near, far memoryConn) {
	a, b := newMemory(), newMemory()
	return memoryConn{a, b}, memoryConn{b, a}
}

func (c memoryConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c memoryConn) Write(p []byte) (int, error) { return c.out.write(p) }

func (c memoryConn) Close() error {
	c.in.close()
	c.out.close()
	return nil
}

func (memoryConn) LocalAddr() net.Addr              { return memoryAddr{} }
func (memoryConn) RemoteAddr() net.Addr             { return memoryAddr{} }
func (memoryConn) SetDeadline(time.Time) error      { return nil }
func (memoryConn) SetReadDeadline(time.Time) error  { return nil }
func (memoryConn) SetWriteDeadline(time.Time) error { return nil }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory" }

// memory holds what is on its way in one direction.
type memory struct {
	mu     sync.Mutex
	change sync.Cond
	bytes  bytes.Buffer
	closed bool
}

func newMemory() *memory {
	m := &memory{}
	m.change.L = &m.mu
	return m
}

func (m *memory) read(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.bytes.Len() == 0 && !m.closed {
		m.change.Wait()
	}
	if m.bytes.Len() == 0 {
		return 0, io.EOF
	}
	return m.bytes.Read(p)
}

func (m *memory) write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, net.ErrClosed
	}
	m.change.Broadcast()
	return m.bytes.Write(p)
}

func (m *memory) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.change.Broadcast()
}
