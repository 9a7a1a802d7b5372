// Package wiretest writes messages by hand, as a process of another release would:
// it follows the documented protocol, independently of package wire.
package wiretest

import (
	"encoding/binary"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// Frame returns a message without descriptors.
func Frame(version uint8, k wire.Kind, body string) []byte {
	b := []byte{'g', 'f', version, byte(k), 0, 0, 0, 0, 0, 0, 0, 0}
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	return append(b, body...)
}
