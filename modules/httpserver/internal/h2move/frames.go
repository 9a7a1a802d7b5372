package h2move

import (
	"encoding/binary"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// maxControl is the largest frame that is read whole before it is passed on, in
// bytes.
const maxControl = maxSettings * settingLen

// frame decides about the frame whose head has been read: the server gets it as it
// comes, or when it is whole, or not at all.
func (c *Conn) frame() {
	var p h2frame.Parser
	p.Feed(c.head[:], func() {}, nil)
	n := p.Left()
	switch p.Type() {
	case h2frame.ResetStream, h2frame.Priority, h2frame.Settings, h2frame.Ping, h2frame.WindowUpdate:
		if n <= maxControl {
			c.control = append(c.pending[:0], c.head[:]...)
			c.control = append(c.control, make([]byte, n)...)
			c.pending, c.filled = nil, len(c.head)
			return
		}
	}
	c.pending = append(c.pending[:0], c.head[:]...)
	c.input.left = n
	c.came(&p, nil, n)
}

// fillControl reads the rest of a frame that is read whole, if there is one.
func (c *Conn) fillControl() error {
	if len(c.control) == 0 {
		return nil
	}
	for c.filled < len(c.control) {
		n, err := c.Conn.Read(c.control[c.filled:])
		c.filled += n
		if err != nil && c.filled < len(c.control) {
			return err
		}
	}
	var p h2frame.Parser
	p.Feed(c.control[:h2frame.HeadSize], func() {}, nil)
	payload := c.control[h2frame.HeadSize:]
	if c.came(&p, payload, len(payload)) {
		c.pending = c.control
	}
	c.control = nil
	return nil
}

// came records a frame of the client, and reports whether the server gets it. It
// may change the payload.
func (c *Conn) came(p *h2frame.Parser, payload []byte, n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, stream, ack := &c.facts, p.Stream(), p.Flags()&h2frame.FlagAck != 0
	switch p.Type() {
	case h2frame.Data:
		f.state.Receive -= int64(n)
		if p.Flags()&h2frame.FlagEndStream != 0 {
			f.end(stream, endedByClient)
		}
	case h2frame.Headers:
		if stream > f.state.Last {
			f.state.Last, f.open[stream] = stream, 0
		}
		if p.Flags()&h2frame.FlagEndStream != 0 {
			f.end(stream, endedByClient)
		}
		f.block = p.Flags()&h2frame.FlagEndHeaders == 0
	case h2frame.Continuation:
		f.block = p.Flags()&h2frame.FlagEndHeaders == 0
	case h2frame.ResetStream:
		over := f.over(stream)
		delete(f.open, stream)
		return !over
	case h2frame.Priority:
		return !f.over(stream)
	case h2frame.WindowUpdate:
		if stream != 0 {
			return !f.over(stream)
		}
		return len(payload) != 4 || c.widenLocked(payload)
	case h2frame.Settings:
		return c.settingsLocked(payload, n, ack)
	case h2frame.Ping:
		if !ack {
			f.owed++
		}
	case h2frame.GoAway:
		c.stays = true
	}
	return true
}

// widenLocked records a WINDOW_UPDATE of the connection. The server does not get an
// increment that it has already assumed.
func (c *Conn) widenLocked(payload []byte) bool {
	f := &c.facts
	more := int64(binary.BigEndian.Uint32(payload) & maxWindow)
	f.state.Send += more
	c.more.Broadcast()
	paid := min(more, f.debt)
	f.debt -= paid
	if paid == 0 {
		return true
	}
	binary.BigEndian.PutUint32(payload, uint32(more-paid))
	return more > paid
}

// settingsLocked records SETTINGS of the client. The answer to our own is not
// passed to the server.
func (c *Conn) settingsLocked(payload []byte, n int, ack bool) bool {
	f := &c.facts
	if ack {
		if len(f.expect) == 0 {
			return true // an answer to nothing: the server ends the connection
		}
		answered := f.expect[0]
		f.expect = f.expect[1:]
		switch {
		case answered == ofServer:
			return true
		case answered == restoring, f.again:
			f.again, f.table = false, unknown
		case f.table == asked:
			f.table = emptied
		}
		go c.ask() // if there is something to ask
		return false
	}
	f.owed++
	if payload == nil {
		c.stays = true // more settings than any client has
	}
	for ; len(payload) >= settingLen; payload = payload[settingLen:] {
		f.state.set(binary.BigEndian.Uint16(payload), binary.BigEndian.Uint32(payload[2:]))
	}
	return true
}
