package h2move

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// State is what a process needs to know of a connection between two requests,
// besides the layers below HTTP/2. It holds no secret.
type State struct {
	Settings  []Setting // of the client, the last value of each
	Announced []byte    // payload of the server's first SETTINGS
	Last      uint32    // the last stream of the client
	Send      int64     // window of the connection for what the server sends
	Receive   int64     // and for what the client sends
}

// Setting is one setting of the client: RFC 9113, section 6.5.1.
type Setting struct {
	ID    uint16
	Value uint32
}

// set records a value.
func (s *State) set(id uint16, value uint32) {
	for i := range s.Settings {
		if s.Settings[i].ID == id {
			s.Settings[i].Value = value
			return
		}
	}
	s.Settings = append(s.Settings, Setting{id, value})
}

const (
	headerTableSize = 1    // RFC 9113, section 6.5.2
	defaultTable    = 4096 // its value unless it is announced
)

// tableSize returns what the server has announced for the client's encoder.
func (s *State) tableSize() uint32 {
	for p := s.Announced; len(p) >= settingLen; p = p[settingLen:] {
		if binary.BigEndian.Uint16(p) == headerTableSize {
			return binary.BigEndian.Uint32(p[2:])
		}
	}
	return defaultTable
}

func (s *State) clone() *State {
	c := *s
	c.Settings, c.Announced = append([]Setting(nil), s.Settings...), bytes.Clone(s.Announced)
	return &c
}

const (
	initialWindow = 65535     // RFC 9113, section 6.9.2
	enoughWindow  = 16384     // what a connection has at least when it moves
	maxWindow     = 1<<31 - 1 // RFC 9113, section 6.9.1
	maxSettings   = 32
	maxAnnounced  = 32 * settingLen
	settingLen    = 6
)

// check returns an error if the state cannot be continued.
func (s *State) check() error {
	switch {
	case len(s.Settings) > maxSettings || len(s.Announced) > maxAnnounced:
		return errors.New("has too many settings")
	case s.Last > h2frame.EveryStream || s.Last != 0 && s.Last%2 == 0:
		return fmt.Errorf("stream %d is not a client's", s.Last)
	case s.Send < enoughWindow || s.Send > maxWindow, s.Receive < enoughWindow || s.Receive > maxWindow:
		return fmt.Errorf("windows of %d and %d bytes", s.Send, s.Receive)
	}
	return nil
}

// The encoding, big endian: stream 4, windows 8 and 8, number of settings 1, each
// setting 2 and 4; the rest is what the server has announced.
const fixedLen = 4 + 8 + 8 + 1

// Encode returns the bytes that [Decode] reads.
func (s *State) Encode() []byte {
	b := binary.BigEndian.AppendUint32(nil, s.Last)
	b = binary.BigEndian.AppendUint64(b, uint64(s.Send))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Receive))
	b = append(b, byte(len(s.Settings)))
	return append(appendSettings(b, s.Settings), s.Announced...)
}

func appendSettings(b []byte, all []Setting) []byte {
	for _, one := range all {
		b = binary.BigEndian.AppendUint16(b, one.ID)
		b = binary.BigEndian.AppendUint32(b, one.Value)
	}
	return b
}

// Decode reads what Encode has written, and checks that the state can be continued.
func Decode(b []byte) (*State, error) {
	if len(b) < fixedLen || len(b) < fixedLen+settingLen*int(b[fixedLen-1]) {
		return nil, errors.New("state of an HTTP/2 connection: is cut short")
	}
	s := &State{
		Last:    binary.BigEndian.Uint32(b),
		Send:    int64(binary.BigEndian.Uint64(b[4:])),
		Receive: int64(binary.BigEndian.Uint64(b[12:])),
	}
	n := int(b[fixedLen-1])
	for b = b[fixedLen:]; n > 0; n-- {
		s.Settings = append(s.Settings, Setting{binary.BigEndian.Uint16(b), binary.BigEndian.Uint32(b[2:])})
		b = b[settingLen:]
	}
	s.Announced = bytes.Clone(b)
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("state of an HTTP/2 connection: %w", err)
	}
	return s, nil
}

// opening returns what a new HTTP/2 server has to read first: as if the client
// began with the settings and the window that it has now.
func (s *State) opening() []byte {
	b := append([]byte{}, h2frame.Preface...)
	b = h2frame.AppendHead(b, settingLen*len(s.Settings), h2frame.Settings, 0, 0)
	b = appendSettings(b, s.Settings)
	if more := s.Send - initialWindow; more > 0 {
		b = h2frame.AppendWindowUpdate(b, uint32(more))
	}
	return b
}
