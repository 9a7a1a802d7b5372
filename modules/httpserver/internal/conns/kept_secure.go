package conns

import (
	"encoding/binary"
	"errors"
	"os"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/keptcount"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/stream"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// TLSKeptKind is KeptKind for TLS connections: the length of a stream.Record in 4
// bytes, the record, and the state of the TLS connection.
const TLSKeptKind = "tls/1 kept/1"

// SplitKept returns the two parts of the state of such a connection. They share
// memory with it.
func SplitKept(state []byte) (record, session []byte, err error) {
	if len(state) < 4 {
		return nil, nil, errKept
	}
	n := binary.BigEndian.Uint32(state)
	state = state[4:]
	if uint64(n) > uint64(len(state)) {
		return nil, nil, errKept
	}
	return state[:n:n], state[n:], nil
}

var errKept = errors.New("not the state of a TLS connection that moves while its handler runs")

// export stores the state of a TLS connection for handOn, and reports whether there
// is one. Nothing may read or write during the call.
func (k *Kept) export() bool {
	if k.t.session == nil {
		return true
	}
	k.t.encoded = nil
	s, err := k.t.session.Export()
	if err == nil {
		k.t.encoded, err = s.Encode()
		s.Wipe()
	}
	if err != nil && !errors.Is(err, tlsmove.ErrBusy) && !errors.Is(err, tlsmove.ErrEnded) {
		k.stays(keptcount.Uncertain)
	}
	return err == nil
}

// errNoSession is the error of a TLS connection whose state is not certain.
var errNoSession = errors.New("the state of the TLS connection is not certain")

// handOn hands the connection over with a record and, for a TLS connection, its
// state.
func (t *Tracked) handOn(m *move, to app.StateSuccessor, record, rest []byte, done func(bool)) error {
	h := &app.HandedConn{Conn: t.socket, Kind: KeptKind, Unread: rest, State: record}
	if t.session != nil {
		if t.encoded == nil {
			return errNoSession
		}
		both := make([]byte, 0, 4+len(record)+len(t.encoded))
		both = append(binary.BigEndian.AppendUint32(both, uint32(len(record))), record...)
		both = append(both, t.encoded...)
		clear(t.encoded)
		t.encoded = both
		h.Kind, h.State = TLSKeptKind, both
	}
	return to.HandWith(m.server, h, done)
}

// letGo closes this process's copy; the client does not notice.
func (t *Tracked) letGo() {
	if t.session != nil {
		t.session.Forget()
	}
	_ = t.socket.Close()
}

// readPending reads what has come with the last record, for no longer than a client
// may owe the rest of a message.
func readPending(c tlsmove.Session, rest []byte) []byte {
	defer func() { _ = c.SetReadDeadline(time.Time{}) }()
	_ = c.SetReadDeadline(time.Now().Add(forMessage))
	b := make([]byte, 4096)
	for c.Pending() && len(rest) < stream.MaxUnread {
		n, err := c.Read(b)
		rest = append(rest, b[:n]...)
		if err != nil && !(errors.Is(err, os.ErrDeadlineExceeded) && n > 0) {
			break
		}
	}
	return rest
}

// staysFor returns the reason for an error of the hand-over.
func staysFor(err error) string {
	switch {
	case errors.Is(err, app.ErrTooMuch):
		return keptcount.Size
	case errors.Is(err, errNoSession):
		return keptcount.Uncertain
	}
	return keptcount.Refused
}
