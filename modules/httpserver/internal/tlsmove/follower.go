package tlsmove

import (
	"bytes"
	"encoding/binary"
)

// follower follows the records of one direction, from the first of the handshake
// on, and knows which keys are in force.
//
// The end of the handshake depends on the version. In TLS 1.2 everything after
// ChangeCipherSpec is under the keys of the application, its first record being
// Finished. In TLS 1.3 nothing marks the end, and a session ticket may follow in
// the same write: so records are opened with the first key of the application until
// the handshake is complete. Those that do not open still belong to the handshake.
//
// After that a record is counted by its length. A record that is as long as a key
// update or an alert is opened; most are neither.
type follower struct {
	tap    *tap
	server bool // what the server sends

	header [headerLen]byte
	have   int    // bytes of the header
	left   int    // bytes of the body that are still to come
	body   []byte // collected, if this record is to be opened or read
	wanted bool

	protected bool   // TLS 1.2: ChangeCipherSpec has passed
	finished  []byte // TLS 1.2: the first record after it
	done      bool   // the handshake is complete
	overhead  int    // of a record, once the handshake is complete

	keys      Keys       // once known; the sequence is that of the next record
	opener    *direction // with the same keys; nil if not needed lately
	plaintext int64      // bytes that records carried, if they had no padding
}

func (f *follower) atBoundary() bool { return f.have == 0 && f.left == 0 }

// count counts p if it is one whole record that need not be opened, as nearly
// every write and most reads are, and reports whether it is. Otherwise it changes
// nothing.
func (f *follower) count(p []byte) bool {
	if !f.done || f.have+f.left != 0 || len(p) < headerLen || recordType(p[0]) != typeData {
		return false
	}
	n := int(binary.BigEndian.Uint16(p[3:]))
	if n != len(p)-headerLen || n == keyUpdateLen || n == alertLen {
		return false
	}
	f.keys.Sequence++
	f.plaintext += int64(n - f.overhead)
	return true
}

func (f *follower) follow(p []byte) {
	for len(p) > 0 {
		if f.left == 0 {
			n := copy(f.header[f.have:], p)
			f.have, p = f.have+n, p[n:]
			if f.have < headerLen {
				return
			}
			f.have, f.left = 0, int(binary.BigEndian.Uint16(f.header[3:]))
			f.begin()
		}
		n := min(f.left, len(p))
		if f.wanted {
			f.body = append(f.body, p[:n]...)
		}
		f.left, p = f.left-n, p[n:]
		if f.left == 0 {
			f.end()
		}
	}
}

func (f *follower) length() int { return int(binary.BigEndian.Uint16(f.header[3:])) }

// Lengths of records of TLS 1.3 that may be more than data.
const (
	keyUpdateLen = 5 + 1 + tagLen
	alertLen     = 2 + 1 + tagLen
)

// begin decides whether the body of the record is needed.
func (f *follower) begin() {
	n := f.length()
	switch su := f.tap.suite; {
	case su == nil: // before ServerHello, or a suite that cannot move
		f.wanted = recordType(f.header[0]) == typeHandshake && !f.done
	case su.tls13:
		f.wanted = recordType(f.header[0]) == typeData && (!f.done || n == keyUpdateLen || n == alertLen)
	default:
		f.wanted = f.protected && f.keys.Sequence == 0 // Finished
	}
	if f.wanted {
		f.body = append(f.body[:0], f.header[:]...)
	}
}

func (f *follower) end() {
	typ := recordType(f.header[0])
	su := f.tap.suite
	switch {
	case su == nil:
		if f.wanted {
			f.tap.hello(f.body[headerLen:], f.server)
		}
	case su.tls13:
		if typ == typeData {
			f.end13()
		}
	default:
		f.end12(typ)
	}
	if f.wanted && f.done {
		f.body = nil // rare from here on
	}
	f.wanted = false
}

// end12 counts a record of TLS 1.2.
func (f *follower) end12(typ recordType) {
	switch {
	case !f.protected:
		f.protected = typ == typeChangeCipherSpec
		return
	case typ == typeData:
		f.plaintext += int64(f.length() - f.tap.suite.overhead())
	case f.keys.Sequence == 0:
		f.finished = bytes.Clone(f.body)
	default:
		f.tap.doubtLocked("a record of type %d", typ)
	}
	f.keys.Sequence++
}

// end13 counts a record of TLS 1.3, or opens it.
func (f *follower) end13() {
	if !f.wanted {
		f.keys.Sequence++
		f.plaintext += int64(f.length() - f.tap.suite.overhead())
		return
	}
	if !f.canOpen() {
		return // the secrets are not known yet
	}
	typ, p, err := f.opener.open(f.body)
	if err != nil {
		if f.done || f.keys.Sequence > 0 {
			f.tap.doubtLocked("a record of %d bytes does not open", f.length())
		}
		return // still of the handshake
	}
	f.keys.Sequence = f.opener.keys.Sequence
	switch {
	case typ == typeData:
		f.plaintext += int64(f.length() - f.tap.suite.overhead())
	case typ == typeHandshake && len(p) == 5 && p[0] == messageKeyUpdate:
		f.update()
	case typ == typeHandshake && f.server && !f.done: // a session ticket
	default:
		f.tap.doubtLocked("a record of type %d", typ)
	}
}

// messageKeyUpdate is the type of a handshake message: RFC 8446, section 4.6.3.
const messageKeyUpdate = 24

func (f *follower) update() {
	if err := f.opener.update(); err != nil {
		f.tap.doubtLocked("%w", err)
		return
	}
	f.keys = f.opener.keys
}

// canOpen prepares the opener, and reports whether there is one.
func (f *follower) canOpen() bool {
	if f.opener != nil {
		f.opener.keys.Sequence = f.keys.Sequence
		return true
	}
	if f.keys.Secret == nil && !f.learn() {
		return false
	}
	var err error
	if f.opener, err = newDirection(f.tap.suite, f.keys); err != nil {
		f.tap.doubtLocked("%w", err)
		return false
	}
	return true
}

// learn takes the first secret, and reports whether it is known.
func (f *follower) learn() bool {
	secret := f.tap.secrets.of(f.tap.suite, f.server)
	if secret == nil {
		return false
	}
	if len(secret) != f.tap.suite.secretLen() {
		f.tap.doubtLocked("%w", errSecretLength)
		return false
	}
	f.keys.Secret = secret
	return true
}

// established is called when the handshake is complete. In TLS 1.2 the secret is
// learned only now: ChangeCipherSpec and Finished come in the same segment as the
// message from which it is derived. Finished proves that it is the right one.
func (f *follower) established() {
	f.done, f.overhead = true, f.tap.suite.overhead()
	if f.keys.Secret == nil && f.learn() && !f.tap.suite.tls13 {
		f.prove()
	}
	f.finished = nil
	f.opener = nil // made again for the few records that need one
	if !f.wanted {
		f.body = nil
	}
}

func (f *follower) prove() {
	opener, err := newDirection(f.tap.suite, Keys{Secret: f.keys.Secret})
	if err == nil && f.finished != nil {
		if _, _, err = opener.open(f.finished); err == nil {
			return
		}
	}
	f.tap.doubtLocked("Finished does not open: %v", err)
}
