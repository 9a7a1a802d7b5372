package httpserver

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// h2client speaks as much HTTP/2 as a client needs that posts and never retries. It
// opens no stream after a GOAWAY, and counts a stream that the server does not
// answer as lost.
type h2client struct {
	nc net.Conn

	mu      sync.Mutex // guards the rest, and keeps frames whole
	next    uint32
	streams map[uint32]chan error // gets the end of the stream
	begun   int                   // responses
	leave   bool                  // the server wants no more streams
	failed  error
}

func dialH2(addr string, secure bool) (*h2client, error) {
	nc, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	if secure {
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	}
	c := &h2client{nc: nc, next: 1, streams: map[uint32]chan error{}}
	hello := h2frame.Preface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + // SETTINGS
		"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\x00\x00\x00" // WINDOW_UPDATE of the connection
	if _, err := io.WriteString(nc, hello); err != nil {
		nc.Close()
		return nil, err
	}
	go c.read()
	return c, nil
}

var errLeaving = errors.New("the server is leaving")

// post sends one request and waits for its response.
func (c *h2client) post() error {
	done := make(chan error, 1)
	c.mu.Lock()
	if c.leave || c.failed != nil {
		c.mu.Unlock()
		return errLeaving
	}
	id := c.next
	c.next += 2
	c.streams[id] = done
	const headers = "\x83\x86\x84\x01\x04test" // POST, http, /, authority
	frame := binary.BigEndian.AppendUint32([]byte{0, 0, byte(len(headers)), h2frame.Headers, 4 /* END_HEADERS */}, id)
	frame = append(frame, headers...)
	frame = append(frame, 0, 0, 3, 0, 1 /* END_STREAM */)
	frame = append(binary.BigEndian.AppendUint32(frame, id), "abc"...)
	_, err := c.nc.Write(frame)
	c.mu.Unlock()
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return <-done
}

func (c *h2client) read() {
	err := func() error {
		for {
			f, payload, err := h2frame.Read(c.nc)
			if err != nil {
				return err
			}
			c.handle(&f, payload)
		}
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = err
	for _, done := range c.streams {
		done <- fmt.Errorf("read: %w", err)
	}
	c.streams = nil
	c.nc.Close()
}

func (c *h2client) handle(f *h2frame.Parser, payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := f.Stream()
	switch f.Type() {
	case 0, h2frame.Headers:
		if f.Type() == h2frame.Headers {
			c.begun++
		}
		if f.Flags()&1 != 0 {
			c.endLocked(id, nil)
		}
	case 3:
		c.endLocked(id, errors.New("reset by the server"))
	case h2frame.Settings, h2frame.Ping:
		if f.Flags()&h2frame.FlagAck != 0 {
			return
		}
		ack := append([]byte{0, 0, 0, f.Type(), h2frame.FlagAck, 0, 0, 0, 0}, payload...)
		if f.Type() == h2frame.Settings {
			ack = ack[:9]
		}
		ack[2] = byte(len(ack) - 9)
		c.nc.Write(ack)
	case h2frame.GoAway:
		c.leave = true
		last := binary.BigEndian.Uint32(payload) & h2frame.EveryStream
		for id := range c.streams {
			if id > last {
				c.endLocked(id, errors.New("opened too late for the GOAWAY"))
			}
		}
		c.closeIfDoneLocked()
	}
}

func (c *h2client) endLocked(id uint32, err error) {
	if done := c.streams[id]; done != nil {
		delete(c.streams, id)
		done <- err
	}
	c.closeIfDoneLocked()
}

func (c *h2client) closeIfDoneLocked() {
	if c.leave && len(c.streams) == 0 {
		c.nc.Close()
	}
}
