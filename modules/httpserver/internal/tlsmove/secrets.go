package tlsmove

import (
	"bytes"
	"encoding/hex"
)

// secrets has the secrets of the handshake, as crypto/tls logs them. The format is
// that of NSS: label, client random and secret in one line.
type secrets struct {
	client, server []byte // TLS 1.3: traffic secrets of the application
	master         []byte // TLS 1.2
	clientRandom   []byte // from the hellos; no secrets
	serverRandom   []byte
}

// keyLog is the KeyLogWriter of one connection. A map by client random would not be
// safe: a client can replay that of another connection.
type keyLog struct{ tap *tap }

// Write never fails: a line that cannot be used makes a connection that cannot
// move, not one that cannot be served.
func (l keyLog) Write(line []byte) (int, error) {
	fields := bytes.Fields(line)
	if len(fields) != 3 {
		return len(line), nil
	}
	l.tap.mu.Lock()
	defer l.tap.mu.Unlock()
	s := &l.tap.secrets
	switch string(fields[0]) {
	case "CLIENT_RANDOM":
		s.master = unhex(fields[2])
	case "CLIENT_TRAFFIC_SECRET_0":
		s.client = unhex(fields[2])
	case "SERVER_TRAFFIC_SECRET_0":
		s.server = unhex(fields[2])
	}
	return len(line), nil
}

func unhex(p []byte) []byte {
	b := make([]byte, hex.DecodedLen(len(p)))
	if _, err := hex.Decode(b, p); err != nil {
		return nil
	}
	return b
}

// of returns the first secret of one direction, or nil if it is not known yet. The
// caller owns it.
func (s *secrets) of(su *suite, server bool) []byte {
	if su.tls13 {
		if server {
			return bytes.Clone(s.server)
		}
		return bytes.Clone(s.client)
	}
	if s.master == nil || s.clientRandom == nil || s.serverRandom == nil {
		return nil
	}
	client, own := keysOf12(su, s.master, s.clientRandom, s.serverRandom)
	if server {
		clear(client)
		return own
	}
	clear(own)
	return client
}

func (s *secrets) wipe() {
	clear(s.client)
	clear(s.server)
	clear(s.master)
	*s = secrets{}
}
