package tlsmove

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Of the handshake a client may send one message after it is complete: KeyUpdate,
// in TLS 1.3. A renegotiation in TLS 1.2 is refused, as by crypto/tls.

const messageHelloRequest = 0

func (c *Conn) takeHandshake(p []byte) error {
	if len(p) == 0 {
		return c.alert(alertUnexpectedMessage)
	}
	if !c.in.suite.tls13 {
		if p[0] == messageHelloRequest {
			return c.alert(alertNoRenegotiation)
		}
		return c.unexpected(p[0])
	}
	c.message = append(c.message, p...)
	for len(c.message) >= 4 {
		n := int(binary.BigEndian.Uint32(c.message) & 0xffffff)
		switch {
		case c.message[0] != messageKeyUpdate:
			return c.unexpected(c.message[0])
		case n > maxMessage:
			_ = c.alert(alertInternalError)
			return fmt.Errorf("tls: handshake message of length %d bytes exceeds maximum of %d bytes", n, maxMessage)
		case len(c.message) < 4+n:
			return nil
		case n != 1 || c.message[4] > 1:
			return c.alert(alertDecodeError)
		}
		requested := c.message[4] == 1
		c.message = c.message[5:]
		if err := c.keyUpdate(requested); err != nil {
			return err
		}
	}
	return nil
}

func (c *Conn) unexpected(message byte) error {
	_ = c.alert(alertUnexpectedMessage)
	return fmt.Errorf("tls: received unexpected handshake message of type %d", message)
}

// keyUpdate changes the key of the client, and that of the server if it was
// requested.
func (c *Conn) keyUpdate(requested bool) error {
	if c.useless++; c.useless > maxUseless {
		_ = c.alert(alertUnexpectedMessage)
		return errors.New("tls: too many non-advancing records")
	}
	if requested {
		if err := c.updateOut(); err != nil {
			return err
		}
	}
	if len(c.message) > 0 { // a key changes between records: RFC 8446, section 5.1
		_ = c.alert(alertUnexpectedMessage)
		return errors.New("tls: handshake buffer not empty before setting read traffic secret")
	}
	c.message = nil
	return c.in.update()
}

// updateOut answers a KeyUpdate. An error of the socket is that of the next Write,
// as in crypto/tls.
func (c *Conn) updateOut() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.writeErr != nil || c.notified {
		return nil
	}
	answer := []byte{messageKeyUpdate, 0, 0, 1, 0}
	if c.sendLocked(c.out.seal(nil, typeHandshake, answer)) != nil {
		return nil
	}
	return c.out.update()
}
