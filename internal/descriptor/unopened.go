package descriptor

import (
	"net"
	"os"
	"sync"
)

// Opener makes connections that rest as descriptors. Making a net.Conn takes about
// twenty system calls and a few hundred bytes, which most of thousands of
// connections do not need for long; and for an instant it takes a second
// descriptor. One is kept in reserve for that, as long as there are such
// connections. The zero value is ready for use.
type Opener struct {
	mu      sync.Mutex       // guards everything below, and the opening of one
	n       int              // connections that are neither opened nor closed
	reserve *os.File         // nil: there is none
	failed  map[int]*os.File // by descriptor, of those that could not be opened
}

// Unopened makes a connection of a descriptor, which then belongs to it. It returns
// false, and does not touch the descriptor, if no descriptor is left for the
// reserve.
func (o *Opener) Unopened(fd int) (*Unopened, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fill(); o.reserve == nil {
		return nil, false
	}
	o.n++
	return &Unopened{opener: o, fd: fd}, true
}

func (o *Opener) fill() {
	if o.reserve == nil {
		o.reserve, _ = os.Open(os.DevNull)
	}
}

func (o *Opener) release() {
	if o.reserve != nil {
		_ = o.reserve.Close()
		o.reserve = nil
	}
}

// Unopened is a connection that rests as a descriptor: an app.Unopened.
type Unopened struct {
	net.Conn // nil
	opener   *Opener
	fd       int
}

// Descriptor implements app.Unopened.
func (c *Unopened) Descriptor() int { return c.fd }

// Open implements app.Unopened.
func (c *Unopened) Open() (net.Conn, error) {
	o := c.opener
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.takeFailed(c.fd)
	if f == nil {
		f = os.NewFile(uintptr(c.fd), "connection")
	}
	nc, err := OpenConn(f)
	if err != nil {
		o.release()
		nc, err = OpenConn(f)
	}
	if err == nil {
		_ = f.Close()
		o.n--
	} else {
		o.keep(c.fd, f)
	}
	if o.n > 0 {
		o.fill()
	} else {
		o.release()
	}
	return nc, err
}

// Close implements net.Conn.
func (c *Unopened) Close() error {
	o := c.opener
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n--; o.n == 0 {
		o.release()
	}
	if f := o.takeFailed(c.fd); f != nil {
		return f.Close()
	}
	CloseAll([]int{c.fd})
	return nil
}

func (o *Opener) takeFailed(fd int) *os.File {
	f := o.failed[fd]
	delete(o.failed, fd)
	return f
}

// keep keeps a file, which would close its descriptor once nothing holds it.
func (o *Opener) keep(fd int, f *os.File) {
	if o.failed == nil {
		o.failed = map[int]*os.File{}
	}
	o.failed[fd] = f
}
