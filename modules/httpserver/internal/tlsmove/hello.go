package tlsmove

import (
	"bytes"
	"encoding/binary"
)

// Offsets in a ClientHello and a ServerHello, after a header of 4 bytes: RFC 8446,
// sections 4.1.2 and 4.1.3.
const (
	messageClientHello = 1
	messageServerHello = 2
	randomAt           = 4 + 2
	randomLen          = 32
	sessionAt          = randomAt + randomLen
)

// hello reads a handshake record of one side: the random of both, and the suite
// that the server has chosen. A HelloRetryRequest looks like a ServerHello and has
// the same suite. crypto/tls sends its message in a separate record.
func (t *tap) hello(p []byte, server bool) {
	if len(p) <= sessionAt {
		return
	}
	random := bytes.Clone(p[randomAt:sessionAt])
	switch {
	case !server && p[0] == messageClientHello:
		t.secrets.clientRandom = random
	case server && p[0] == messageServerHello:
		t.secrets.serverRandom = random
		if at := sessionAt + 1 + int(p[sessionAt]); len(p) >= at+2 {
			t.suite = suiteOf(binary.BigEndian.Uint16(p[at:]))
		}
	}
}
