package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/internal/unixsocket"
)

// promptly is how long it may take to read the rest of a message that has begun, or
// to write one: the other side reads at all times.
const promptly = 10 * time.Second

// Conn is one end of the connection between two generations. Send and Close may
// be called by several goroutines at once, Receive by one.
type Conn struct {
	conn *net.UnixConn
	mu   sync.Mutex // one message at a time
}

// Send writes a message, and blocks until it is written, for 10 s at most. The body
// is written as JSON; nil means an empty one. The descriptors still belong to the
// caller.
func (c *Conn) Send(k Kind, seq uint32, body any, fds ...int) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return fmt.Errorf("%v: %w", k, err)
		}
	}
	b, err := frame(k, seq, len(content), fds)
	if err != nil {
		return err
	}
	return c.write(k, append(b, content...), fds)
}

// SendStates is Send for STATES. No copy of the states is left in memory.
func (c *Conn) SendStates(seq uint32, states StatesBody, fds []int) error {
	if err := states.check(); err != nil {
		return fmt.Errorf("%v: %w", States, err)
	}
	b, err := frame(States, seq, states.size(), fds)
	if err != nil {
		return err
	}
	b = states.append(b) // there is room, so nothing is copied
	defer clear(b)
	return c.write(States, b, fds)
}

// frame returns the header of a message, with room for the body.
func frame(k Kind, seq uint32, length int, fds []int) ([]byte, error) {
	if length > MaxBody || len(fds) > MaxFDs {
		return nil, fmt.Errorf("%v is too large: %d bytes, %d descriptors", k, length, len(fds))
	}
	h := header{version: version, kind: k, fds: len(fds), seq: seq, length: length}
	return h.append(make([]byte, 0, headerSize+length)), nil
}

func (c *Conn) write(k Kind, b []byte, fds []int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.conn.SetWriteDeadline(time.Now().Add(promptly))
	n, _, err := c.conn.WriteMsgUnix(b, encodeRights(fds), nil)
	if err == nil && n < len(b) {
		_, err = c.conn.Write(b[n:])
	}
	if err != nil {
		return fmt.Errorf("send %v: %w", k, err)
	}
	return nil
}

// Receive blocks until a message has come, and checks it. The error wraps io.EOF if
// the other side has closed its end or died; with an error there are no
// descriptors.
func (c *Conn) Receive() (m Message, err error) {
	defer func() {
		if err != nil {
			descriptor.CloseAll(m.FDs)
			m.FDs = nil
		}
	}()
	_ = c.conn.SetReadDeadline(time.Time{})
	var head [headerSize]byte
	if m.FDs, err = c.fill(head[:], true); err != nil {
		return m, fmt.Errorf("wait for a message: %w", err)
	}
	h, err := parseHeader(head)
	if err != nil {
		return m, err
	}
	m.Kind, m.Seq = h.kind, h.seq
	m.Body = make([]byte, h.length)
	_ = c.conn.SetReadDeadline(time.Now().Add(promptly))
	more, err := c.fill(m.Body, false)
	m.FDs = append(m.FDs, more...)
	if err != nil {
		return m, fmt.Errorf("%v cut short: %w", h.kind, err)
	}
	if m.Missing = h.fds - len(m.FDs); m.Missing < 0 {
		return m, fmt.Errorf("%v with %d descriptors, %d announced", h.kind, len(m.FDs), h.fds)
	}
	return m, m.check()
}

// fill reads len(b) bytes and the descriptors that come with them. With first set,
// the time runs only from the first byte on.
func (c *Conn) fill(b []byte, first bool) (fds []int, err error) {
	oob := make([]byte, rightsSpace(MaxFDs))
	for got := 0; got < len(b); {
		n, oobn, _, _, err := c.conn.ReadMsgUnix(b[got:], oob)
		if oobn > 0 {
			more, bad := decodeRights(oob[:oobn])
			fds = append(fds, more...)
			err = errors.Join(err, bad)
		}
		if errors.Is(err, io.EOF) && (got > 0 || !first) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fds, err
		}
		if got += n; first {
			_ = c.conn.SetReadDeadline(time.Now().Add(promptly))
		}
	}
	return fds, nil
}

// Peer returns what the kernel knows of the process at the other end: the one that
// made the pair. The error wraps errors.ErrUnsupported on systems that do not tell.
func (c *Conn) Peer() (unixsocket.Peer, error) { return unixsocket.PeerOf(c.conn) }

// Close ends the connection; a Receive that waits returns.
func (c *Conn) Close() { _ = c.conn.Close() }
