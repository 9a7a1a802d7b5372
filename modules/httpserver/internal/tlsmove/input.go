package tlsmove

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// input is what a client has sent and the server has not read yet.
type input struct {
	in       *direction
	raw      []byte // raw[from:to] has been read from the socket and is sealed
	from, to int
	plain    []byte // in raw, before from
	message  []byte // of the handshake, in pieces
	useless  int    // records in a row that brought no data
}

func (i *input) atBoundary() bool { return len(i.plain)+len(i.message) == 0 && i.from == i.to }

const (
	smallRead  = 4096  // an idle connection waits with a buffer of this size
	maxUseless = 16    // records in a row, as crypto/tls
	maxMessage = 65536 // bytes of a handshake message, as crypto/tls
)

// maxBody is the most bytes behind the header of a record: RFC 8446, section 5.2,
// and RFC 5246, section 6.2.3.
func (s *suite) maxBody() int {
	if s.tls13 {
		return maxPlaintext + 256
	}
	return maxPlaintext + 2048
}

// Read returns data of the client. A read deadline that has passed is an error
// from which Read recovers.
func (c *Conn) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	for len(c.plain) == 0 {
		if c.readErr != nil {
			return 0, c.readErr
		}
		if err := c.readRecord(); err != nil {
			if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
				c.readErr = err
			}
			return 0, err
		}
	}
	n := copy(p, c.plain)
	c.plain = c.plain[n:]
	return n, nil
}

func (c *Conn) readRecord() error {
	if err := c.fill(headerLen); err != nil {
		return err
	}
	header := c.raw[c.from : c.from+headerLen]
	n := int(binary.BigEndian.Uint16(header[3:]))
	if version := binary.BigEndian.Uint16(header[1:]); version != tls.VersionTLS12 {
		_ = c.alert(alertProtocolVersion)
		return headerError(header, "received record with version %x when expecting version %x", version, tls.VersionTLS12)
	}
	if n > c.in.suite.maxBody() {
		_ = c.alert(alertRecordOverflow)
		return headerError(header, "oversized record received with length %d", n)
	}
	if err := c.fill(headerLen + n); err != nil {
		return err
	}
	record := c.raw[c.from : c.from+headerLen+n]
	c.from += len(record)
	return c.take(record)
}

func headerError(header []byte, format string, args ...any) error {
	return tls.RecordHeaderError{Msg: fmt.Sprintf(format, args...), RecordHeader: [headerLen]byte(header)}
}

// fill reads until n bytes of the next record are there.
func (c *Conn) fill(n int) error {
	if c.from == c.to {
		c.from, c.to = 0, 0
	}
	if len(c.raw)-c.from < n {
		next := c.raw
		if len(next) < n {
			next = make([]byte, max(smallRead, n))
			if n > smallRead {
				next = make([]byte, headerLen+c.in.suite.maxBody())
			}
		}
		c.to = copy(next, c.raw[c.from:c.to])
		c.raw, c.from = next, 0
	}
	for c.to-c.from < n {
		m, err := c.socket.Read(c.raw[c.to:])
		c.to += m
		if err != nil && c.to-c.from < n {
			if err == io.EOF && c.to > c.from {
				return io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// take opens a record and handles it.
func (c *Conn) take(record []byte) error {
	typ, p := recordType(record[0]), record[headerLen:]
	if tls13 := c.in.suite.tls13; !tls13 || typ != typeChangeCipherSpec {
		var err error
		if typ, p, err = c.in.open(record); err != nil {
			return c.alert(err.(tls.AlertError))
		}
	}
	if len(p) > maxPlaintext {
		return c.alert(alertRecordOverflow)
	}
	if typ != typeHandshake && len(c.message) > 0 && c.in.suite.tls13 {
		return c.alert(alertUnexpectedMessage) // nothing may come between its pieces
	}
	switch typ {
	case typeData:
		if len(p) == 0 {
			return c.ignore()
		}
		c.plain, c.useless = p, 0
		return nil
	case typeAlert:
		return c.takeAlert(p)
	case typeHandshake:
		return c.takeHandshake(p)
	case typeChangeCipherSpec:
		switch {
		case len(p) != 1 || p[0] != 1:
			return c.alert(alertDecodeError)
		case c.in.suite.tls13: // RFC 8446, appendix D.4
			return c.ignore()
		}
	}
	return c.alert(alertUnexpectedMessage)
}

// ignore accepts records without data, but only a limited number in a row.
func (c *Conn) ignore() error {
	if c.useless++; c.useless > maxUseless {
		_ = c.alert(alertUnexpectedMessage)
		return errors.New("tls: too many ignored records")
	}
	return nil
}

func (c *Conn) takeAlert(p []byte) error {
	const warning, fatal = 1, 2
	if len(p) != 2 {
		return c.alert(alertUnexpectedMessage)
	}
	level, alert := p[0], tls.AlertError(p[1])
	switch tls13 := c.in.suite.tls13; {
	case alert == alertCloseNotify:
		return io.EOF
	case tls13 && alert == alertUserCanceled, !tls13 && level == warning:
		return c.ignore()
	case tls13, level == fatal:
		return &net.OpError{Op: "remote error", Err: alert}
	}
	return c.alert(alertUnexpectedMessage)
}
