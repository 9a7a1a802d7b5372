package upgrade

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// The protocol between two generations, on a pair of connected unix stream
// sockets. One message is a header of 16 bytes and a body of JSON:
//
//	0  'g' 'f'    magic
//	2  u8         version
//	3  u8         kind
//	4  u16        descriptors sent along with the first byte
//	6  u16        0
//	8  u32        sequence number, of CONNS and its ACK
//	12 u32        length of the body
//
// The header, FAILED and ABORT stay as they are in every version: who does not
// know the other's version can still say so.
const (
	version    = 1
	headerSize = 16
	maxBody    = 1 << 20
	maxFDs     = 253 // SCM_MAX_FD
	maxFiles   = 1 << 12

	// promptly is how long the rest of a message may take that has begun, and
	// the writing of one: the other side reads at all times.
	promptly = 10 * time.Second
)

// versionError says that the other side speaks a version we do not know.
type versionError struct{ theirs uint8 }

func (e *versionError) Error() string {
	return fmt.Sprintf("the other process speaks version %d of the upgrade protocol, this one %d: restart the service in the ordinary way", e.theirs, version)
}

type header struct {
	version uint8
	kind    kind
	fds     int
	seq     uint32
	length  int
}

func (h header) append(b []byte) []byte {
	b = append(b, 'g', 'f', h.version, byte(h.kind))
	b = binary.BigEndian.AppendUint16(b, uint16(h.fds))
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint32(b, h.seq)
	return binary.BigEndian.AppendUint32(b, uint32(h.length))
}

func parseHeader(b [headerSize]byte) (header, error) {
	h := header{
		version: b[2],
		kind:    kind(b[3]),
		fds:     int(binary.BigEndian.Uint16(b[4:])),
		seq:     binary.BigEndian.Uint32(b[8:]),
		length:  int(binary.BigEndian.Uint32(b[12:])),
	}
	switch {
	case b[0] != 'g' || b[1] != 'f':
		return h, fmt.Errorf("not the upgrade protocol: %q", b[:4])
	case h.length > maxBody:
		return h, fmt.Errorf("%v of %d bytes: at most %d are allowed", h.kind, h.length, maxBody)
	case h.kind == failedMsg || h.kind == abortMsg:
		return h, nil
	case h.version != version:
		return h, &versionError{h.version}
	case h.kind == 0 || h.kind >= lastMsg:
		return h, fmt.Errorf("unknown %v", h.kind)
	case h.fds > maxFDs:
		return h, fmt.Errorf("%v with %d descriptors: at most %d are allowed", h.kind, h.fds, maxFDs)
	}
	return h, nil
}

// line is one end of the connection between two generations. send may be
// called by anyone, receive by one goroutine.
type line struct {
	conn *net.UnixConn
	mu   sync.Mutex // one message at a time
}

// send writes a message; the descriptors stay the caller's.
func (l *line) send(k kind, seq uint32, body any, fds ...int) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return fmt.Errorf("%v: %w", k, err)
		}
	}
	if len(content) > maxBody || len(fds) > maxFDs {
		return fmt.Errorf("%v is too large: %d bytes, %d descriptors", k, len(content), len(fds))
	}
	b := header{version: version, kind: k, fds: len(fds), seq: seq, length: len(content)}.append(make([]byte, 0, headerSize+len(content)))
	b = append(b, content...)

	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.conn.SetWriteDeadline(time.Now().Add(promptly))
	n, _, err := l.conn.WriteMsgUnix(b, encodeRights(fds), nil)
	if err == nil && n < len(b) {
		_, err = l.conn.Write(b[n:])
	}
	if err != nil {
		return fmt.Errorf("send %v: %w", k, err)
	}
	return nil
}

// receive blocks until a message has come. The error is io.EOF, wrapped, when
// the other side has closed its end or died.
func (l *line) receive() (m message, err error) {
	defer func() {
		if err != nil {
			closeAll(m.fds)
			m.fds = nil
		}
	}()
	_ = l.conn.SetReadDeadline(time.Time{})
	var head [headerSize]byte
	if m.fds, err = l.fill(head[:], true); err != nil {
		return m, fmt.Errorf("wait for a message: %w", err)
	}
	h, err := parseHeader(head)
	if err != nil {
		return m, err
	}
	m.kind, m.seq = h.kind, h.seq
	m.body = make([]byte, h.length)
	_ = l.conn.SetReadDeadline(time.Now().Add(promptly))
	more, err := l.fill(m.body, false)
	m.fds = append(m.fds, more...)
	if err != nil {
		return m, fmt.Errorf("%v cut short: %w", h.kind, err)
	}
	if m.missing = h.fds - len(m.fds); m.missing < 0 {
		return m, fmt.Errorf("%v with %d descriptors, %d announced", h.kind, len(m.fds), h.fds)
	}
	return m, m.check()
}

// fill reads len(b) bytes and whatever descriptors come with them. With first
// set, time runs from the first byte on only.
func (l *line) fill(b []byte, first bool) (fds []int, err error) {
	oob := make([]byte, rightsSpace(maxFDs))
	for got := 0; got < len(b); {
		n, oobn, _, _, err := l.conn.ReadMsgUnix(b[got:], oob)
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
			_ = l.conn.SetReadDeadline(time.Now().Add(promptly))
		}
	}
	return fds, nil
}

func (l *line) close() { _ = l.conn.Close() }
