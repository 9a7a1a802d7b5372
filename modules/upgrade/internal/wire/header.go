package wire

import (
	"encoding/binary"
	"fmt"
)

// Limits of a message.
const (
	MaxBody = 1 << 20
	MaxFDs  = 253 // SCM_MAX_FD: unix(7), and net/scm.h of Linux

	maxFiles   = 1 << 12 // in all messages FILES together
	version    = 1
	headerSize = 16
)

// VersionError is the error for a message of a version that this process does not
// know.
type VersionError struct{ Theirs uint8 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the other process speaks version %d of the upgrade protocol, "+
		"this one %d: restart the service in the ordinary way", e.Theirs, version)
}

type header struct {
	version uint8
	kind    Kind
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
		kind:    Kind(b[3]),
		fds:     int(binary.BigEndian.Uint16(b[4:])),
		seq:     binary.BigEndian.Uint32(b[8:]),
		length:  int(binary.BigEndian.Uint32(b[12:])),
	}
	switch {
	case b[0] != 'g' || b[1] != 'f':
		return h, fmt.Errorf("not the upgrade protocol: %q", b[:4])
	case h.length > MaxBody:
		return h, fmt.Errorf("%v of %d bytes: at most %d are allowed", h.kind, h.length, MaxBody)
	case h.kind == Failed || h.kind == Abort:
		return h, nil
	case h.version != version:
		return h, &VersionError{h.version}
	case h.kind == 0 || h.kind >= end:
		return h, fmt.Errorf("unknown %v", h.kind)
	case h.fds > MaxFDs:
		return h, fmt.Errorf("%v with %d descriptors: at most %d are allowed", h.kind, h.fds, MaxFDs)
	}
	return h, nil
}
