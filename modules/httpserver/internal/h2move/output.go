package h2move

import (
	"bytes"
	"encoding/binary"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.unlockWriting()
	if c.Left() {
		return len(p), nil
	}
	if err := c.pass(p); err != nil {
		return 0, err
	}
	c.askLocked()
	return len(p), nil
}

// unlockWriting makes the goroutine that reads check again whether the connection
// may leave: while writing is held it may not.
func (c *Conn) unlockWriting() {
	c.writing.Unlock()
	c.Wake()
}

// pass sends p, corrected if necessary.
func (c *Conn) pass(p []byte) error {
	o := &c.output
	c.mu.Lock()
	debt := c.facts.debt
	c.mu.Unlock()
	if o.acked && o.gap == 0 && debt == 0 && len(o.held) == 0 {
		c.note(p) // before the client can answer
		_, err := c.Conn.Write(p)
		return err
	}
	o.held = append(o.held, p...)
	for len(o.held) >= h2frame.HeadSize {
		var head h2frame.Parser
		head.Feed(o.held[:h2frame.HeadSize], func() {}, nil)
		n := h2frame.HeadSize + head.Left()
		if len(o.held) < n {
			return nil
		}
		frame := bytes.Clone(o.held[:n])
		o.held = o.held[n:]
		if !c.correct(&head, frame) {
			continue
		}
		c.note(frame)
		if _, err := c.Conn.Write(frame); err != nil {
			return err
		}
	}
	return nil
}

// correct changes a frame so that it is right for a client that has begun in
// another process, and reports whether to send it at all. It blocks while DATA
// exceeds the client's window.
func (c *Conn) correct(head *h2frame.Parser, frame []byte) bool {
	o := &c.output
	payload := frame[h2frame.HeadSize:]
	switch {
	case head.Type() == h2frame.Settings && head.Flags()&h2frame.FlagAck != 0 && !o.acked:
		o.acked = true
		return false
	case head.Type() == h2frame.WindowUpdate && head.Stream() == 0 && o.gap != 0 && len(payload) == 4:
		more := int64(binary.BigEndian.Uint32(payload)) + o.gap
		o.gap = min(more, 0)
		binary.BigEndian.PutUint32(payload, uint32(max(more, 0)))
		return more > 0
	case head.Type() == h2frame.Data:
		c.mu.Lock()
		defer c.mu.Unlock()
		for c.facts.state.Send < int64(len(payload)) && !c.closed {
			c.more.Wait()
		}
	}
	return true
}

// note follows what the server sends.
func (c *Conn) note(p []byte) {
	o := &c.output
	c.mu.Lock()
	defer c.mu.Unlock()
	o.frames.Feed(p, func() {
		o.payload = o.payload[:0]
		if o.frames.Type() == h2frame.Data {
			c.facts.state.Send -= int64(o.frames.Left())
		}
		if o.frames.Left() == 0 {
			c.sentLocked()
		}
	}, func(part []byte) {
		if typ := o.frames.Type(); typ == h2frame.Settings || typ == h2frame.WindowUpdate {
			o.payload = append(o.payload, part...)
		}
		if o.frames.Left() == 0 {
			c.sentLocked()
		}
	})
}

// sentLocked records a whole frame of the server.
func (c *Conn) sentLocked() {
	f, head := &c.facts, &c.output.frames
	stream, ack := head.Stream(), head.Flags()&h2frame.FlagAck != 0
	switch head.Type() {
	case h2frame.Data, h2frame.Headers:
		if head.Flags()&h2frame.FlagEndStream != 0 {
			f.end(stream, endedByServer)
		}
	case h2frame.ResetStream:
		if e, open := f.open[stream]; open && e&endedByClient == 0 {
			f.again = f.table == asked
			if f.table == emptied {
				f.table = unknown // after the client's next answer no more of the stream comes
			}
		}
		delete(f.open, stream)
	case h2frame.Settings:
		if ack {
			f.owed--
			break
		}
		if !f.settled {
			f.settled, f.state.Announced = true, bytes.Clone(c.output.payload)
		}
		f.expect = append(f.expect, ofServer)
	case h2frame.Ping:
		if ack {
			f.owed--
		}
	case h2frame.WindowUpdate:
		if stream == 0 && len(c.output.payload) == 4 {
			f.state.Receive += int64(binary.BigEndian.Uint32(c.output.payload) & maxWindow)
		}
	case h2frame.PushPromise, h2frame.GoAway:
		c.stays = true
	}
}

// ask asks the client to empty its table, or lets it use one again after a move
// that failed.
func (c *Conn) ask() {
	c.writing.Lock()
	defer c.unlockWriting()
	c.askLocked()
}

// askLocked asks if that is due, between two frames. It is called with writing
// held.
func (c *Conn) askLocked() {
	c.mu.Lock()
	f := &c.facts
	size := uint32(0)
	due := !c.closed && f.settled && c.output.whole() && !c.Left()
	switch leaving := c.leave != nil && !c.stays; {
	case due && leaving && f.table == unknown:
		f.table, f.again = asked, false
		f.expect = append(f.expect, emptying)
	case due && !leaving && f.table == emptied:
		f.table, size = restored, f.state.tableSize()
		f.expect = append(f.expect, restoring)
	default:
		due = false
	}
	c.mu.Unlock()
	if due {
		_, _ = c.Conn.Write(tableSize(size))
	}
}

// tableSize returns a SETTINGS frame with SETTINGS_HEADER_TABLE_SIZE: RFC 9113,
// section 6.5.2.
func tableSize(n uint32) []byte {
	head := h2frame.AppendHead(nil, settingLen, h2frame.Settings, 0, 0)
	return appendSettings(head, []Setting{{headerTableSize, n}})
}
