package h2move

import (
	"errors"
	"io"
	"os"
)

// Read implements net.Conn. After a timeout it goes on where it was.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		if len(c.pending) > 0 {
			n := copy(p, c.pending)
			c.pending = c.pending[n:]
			return n, nil
		}
		if c.input.left > 0 {
			n, err := c.Conn.Read(p[:min(len(p), c.input.left)])
			c.input.left -= n
			return n, err
		}
		if len(c.control) == 0 {
			if err := c.readHead(); err != nil {
				return 0, err
			}
			c.frame()
		}
		if err := c.fillControl(); err != nil {
			return 0, err
		}
	}
}

// readHead reads the head of a frame. Before its first byte the connection can
// leave.
func (c *Conn) readHead() error {
	for c.have < len(c.head) {
		if c.have == 0 {
			c.phase.Store(parked)
			if c.tryLeave(false) {
				return io.EOF
			}
		}
		n, err := c.Conn.Read(c.head[c.have:])
		c.have += n
		wasWoken := c.unpark()
		switch {
		case err == nil:
		case !wasWoken || !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case c.have == 0 && c.tryLeave(true):
			return io.EOF
		}
	}
	c.have = 0
	return nil
}
