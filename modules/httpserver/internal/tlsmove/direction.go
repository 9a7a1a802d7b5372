package tlsmove

import (
	"bytes"
	"crypto/cipher"
	"crypto/tls"
	"encoding/binary"
)

// Keys are one direction of a connection, as another process needs them.
type Keys struct {
	Secret   []byte // TLS 1.3: the traffic secret in force; TLS 1.2: key and salt
	Sequence uint64 // of the next record
}

func (k Keys) clone() Keys { return Keys{bytes.Clone(k.Secret), k.Sequence} }

// recordType is the type of a record: RFC 8446, section 5.1.
type recordType byte

const (
	typeChangeCipherSpec recordType = 20
	typeAlert            recordType = 21
	typeHandshake        recordType = 22
	typeData             recordType = 23
)

// Alerts: RFC 8446, section 6, and RFC 5246, section 7.2.
const (
	alertCloseNotify       tls.AlertError = 0
	alertUnexpectedMessage tls.AlertError = 10
	alertBadRecordMAC      tls.AlertError = 20
	alertRecordOverflow    tls.AlertError = 22
	alertDecodeError       tls.AlertError = 50
	alertProtocolVersion   tls.AlertError = 70
	alertInternalError     tls.AlertError = 80
	alertUserCanceled      tls.AlertError = 90
	alertNoRenegotiation   tls.AlertError = 100
)

const (
	headerLen    = 5
	maxPlaintext = 16384
)

// direction seals or opens the records of one direction.
type direction struct {
	suite *suite
	keys  Keys
	aead  cipher.AEAD
	iv    [12]byte // TLS 1.2: the salt, and 8 bytes of the record
	nonce [12]byte
	extra [13]byte
}

// newDirection returns a direction, which owns k from now on.
func newDirection(s *suite, k Keys) (*direction, error) {
	d := &direction{suite: s, keys: k}
	if err := d.setKey(); err != nil {
		return nil, err
	}
	return d, nil
}

// setKey prepares the cipher for the secret in force.
func (d *direction) setKey() (err error) {
	if !d.suite.tls13 {
		n := d.suite.keyLen
		copy(d.iv[:], d.keys.Secret[n:])
		d.aead, err = newAEAD(d.keys.Secret[:n])
		return err
	}
	key, err := expandLabel(d.suite, d.keys.Secret, "key", d.suite.keyLen)
	if err != nil {
		return err
	}
	defer clear(key)
	iv, err := expandLabel(d.suite, d.keys.Secret, "iv", len(d.iv))
	if err != nil {
		return err
	}
	copy(d.iv[:], iv)
	d.aead, err = newAEAD(key)
	return err
}

// update goes on with the next secret: RFC 8446, section 7.2.
func (d *direction) update() error {
	old := d.keys.Secret
	next, err := expandLabel(d.suite, old, "traffic upd", len(old))
	if err != nil {
		return err
	}
	clear(old)
	d.keys = Keys{Secret: next}
	return d.setKey()
}

// nonceFor returns the nonce of the next record. In TLS 1.2 the record carries a
// part of it: RFC 5288, section 3. In TLS 1.3 it is counted: RFC 8446, section 5.3.
func (d *direction) nonceFor(carried []byte) []byte {
	d.nonce = d.iv
	if !d.suite.tls13 {
		copy(d.nonce[saltLen:], carried)
		return d.nonce[:]
	}
	tail := d.nonce[4:]
	binary.BigEndian.PutUint64(tail, binary.BigEndian.Uint64(tail)^d.keys.Sequence)
	return d.nonce[:]
}

// extra12 returns the additional data of TLS 1.2: RFC 5246, section 6.2.3.3.
func (d *direction) extra12(typ recordType, n int) []byte {
	b := binary.BigEndian.AppendUint64(d.extra[:0], d.keys.Sequence)
	return append(b, byte(typ), 3, 3, byte(n>>8), byte(n))
}

// seal appends a record with the plaintext p, at most [maxPlaintext] bytes, to b.
func (d *direction) seal(b []byte, typ recordType, p []byte) []byte {
	n := d.suite.overhead() + len(p)
	if d.suite.tls13 {
		at := len(b)
		b = append(b, byte(typeData), 3, 3, byte(n>>8), byte(n))
		b = append(append(b, p...), byte(typ))
		header, inner := b[at:at+headerLen], b[at+headerLen:]
		b = d.aead.Seal(b[:at+headerLen], d.nonceFor(nil), inner, header)
	} else {
		b = append(b, byte(typ), 3, 3, byte(n>>8), byte(n))
		b = binary.BigEndian.AppendUint64(b, d.keys.Sequence)
		carried := b[len(b)-nonceLen:]
		b = d.aead.Seal(b, d.nonceFor(carried), p, d.extra12(typ, len(p)))
	}
	d.keys.Sequence++
	return b
}

// open decrypts a whole record in place. Its error is the alert to send.
func (d *direction) open(record []byte) (recordType, []byte, error) {
	if d.suite.tls13 {
		return d.open13(record)
	}
	typ, body := recordType(record[0]), record[headerLen:]
	if len(body) < d.suite.overhead() {
		return 0, nil, alertBadRecordMAC
	}
	carried, sealed := body[:nonceLen], body[nonceLen:]
	p, err := d.aead.Open(sealed[:0], d.nonceFor(carried), sealed, d.extra12(typ, len(sealed)-tagLen))
	if err != nil {
		return 0, nil, alertBadRecordMAC
	}
	d.keys.Sequence++
	return typ, p, nil
}

func (d *direction) open13(record []byte) (recordType, []byte, error) {
	body := record[headerLen:]
	p, err := d.aead.Open(body[:0], d.nonceFor(nil), body, record[:headerLen])
	switch {
	case err != nil:
		return 0, nil, alertBadRecordMAC
	case recordType(record[0]) != typeData:
		return 0, nil, alertUnexpectedMessage
	case len(p) > maxPlaintext+1:
		return 0, nil, alertRecordOverflow
	}
	p = bytes.TrimRight(p, "\x00") // padding: RFC 8446, section 5.4
	if len(p) == 0 {
		return 0, nil, alertUnexpectedMessage
	}
	d.keys.Sequence++
	last := len(p) - 1
	return recordType(p[last]), p[:last], nil
}
