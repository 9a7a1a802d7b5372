package wire

import (
	"net"
	"os"

	"github.com/gracefulfx/graceful/app"
)

// unopened is a connection as a descriptor. To make a net.Conn of it takes about
// twenty system calls and a few hundred bytes, which most of thousands that are
// handed over do not need for long.
type unopened struct {
	net.Conn // nil
	fd       int
	file     *os.File // of fd, once it was to be opened
}

var _ app.Unopened = (*unopened)(nil)

// Unopened makes one of a descriptor, which belongs to it.
func Unopened(fd int) app.Unopened { return &unopened{fd: fd} }

// Descriptor implements app.Unopened.
func (c *unopened) Descriptor() int { return c.fd }

// Open implements app.Unopened.
func (c *unopened) Open() (net.Conn, error) {
	if c.file == nil {
		c.file = os.NewFile(uintptr(c.fd), "connection")
	}
	nc, err := OpenConn(c.file)
	if err != nil {
		return nil, err
	}
	_ = c.Close()
	return nc, nil
}

// Close implements net.Conn.
func (c *unopened) Close() error {
	if c.file != nil {
		return c.file.Close()
	}
	CloseFDs([]int{c.fd})
	return nil
}
