package descriptor

import (
	"net"
	"os"
	"sync"
)

// Opener makes connections that rest as descriptors. Making a net.Conn takes a
// dozen system calls and a few hundred bytes, which most of thousands of
// connections do not need for long; and for an instant it takes a second
// descriptor. Two are kept in reserve for that, as long as there are such
// connections. The zero value is ready for use.
type Opener struct {
	mu sync.Mutex // guards everything below, and the opening of one
	n  int        // connections that are neither opened nor closed

	// reserve is given up if no other descriptor is left. carrier is the file that
	// net.FileConn duplicates: the descriptor below it is replaced by that of the
	// connection, so that no file has to be made of each, which Go would poll. In
	// between it is a copy of reserve. Both are nil if there is none.
	reserve, carrier *os.File
}

// Unopened makes a connection of a descriptor, which then belongs to it. It returns
// false, and does not touch the descriptor, if none are left for the reserve.
func (o *Opener) Unopened(fd int) (*Unopened, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fill() != nil {
		if o.n == 0 {
			o.release()
		}
		return nil, false
	}
	o.n++
	return &Unopened{opener: o, fd: int32(fd)}, true
}

// fill opens what is missing. The carrier comes first: without it nothing opens.
func (o *Opener) fill() error {
	for _, f := range []**os.File{&o.carrier, &o.reserve} {
		if *f == nil {
			opened, err := os.Open(os.DevNull)
			if err != nil {
				return err
			}
			*f = opened
		}
	}
	return nil
}

func (o *Opener) release() {
	closeFile(&o.reserve)
	closeFile(&o.carrier)
}

func closeFile(f **os.File) {
	if *f != nil {
		_ = (*f).Close()
		*f = nil
	}
}

// left is called when there is one connection less.
func (o *Opener) left() {
	if o.n--; o.n > 0 {
		_ = o.fill()
	} else {
		o.release()
	}
}

// open makes a connection of fd, and leaves carrier as it was, or nil.
func (o *Opener) open(fd int, ofGo bool) (net.Conn, error) {
	if err := o.fill(); o.carrier == nil {
		return nil, err
	}
	if err := replace(o.carrier, fd); err != nil {
		return nil, err
	}
	nc, err := openConn(o.carrier, ofGo)
	if err != nil {
		closeFile(&o.reserve)
		nc, err = openConn(o.carrier, ofGo)
	}
	if o.reserve == nil || replace(o.carrier, int(o.reserve.Fd())) != nil {
		closeFile(&o.carrier)
	}
	return nc, err
}

// Unopened is a connection that rests as a descriptor: an app.Unopened.
type Unopened struct {
	net.Conn // nil
	opener   *Opener
	fd       int32
	ofGo     bool // its options are those that Go sets
}

// Inspect reads the options of the socket now, so that Open need not do it. They
// must not change until then.
func (c *Unopened) Inspect() { c.ofGo = isOfGo(int(c.fd)) }

// Descriptor implements app.Unopened.
func (c *Unopened) Descriptor() int { return int(c.fd) }

// Open implements app.Unopened.
func (c *Unopened) Open() (net.Conn, error) {
	o := c.opener
	o.mu.Lock()
	defer o.mu.Unlock()
	nc, err := o.open(int(c.fd), c.ofGo)
	if err == nil {
		CloseAll([]int{int(c.fd)})
		o.left()
	} else {
		_ = o.fill()
	}
	return nc, err
}

// Close implements net.Conn.
func (c *Unopened) Close() error {
	o := c.opener
	o.mu.Lock()
	defer o.mu.Unlock()
	CloseAll([]int{int(c.fd)})
	o.left()
	return nil
}
