package tlsmove

import (
	"bytes"
	"crypto/tls"
)

// In TLS 1.2 a resumed connection has the master secret of the first one, and
// crypto/tls does not log it again. So the ticket carries it a second time, in a
// field that crypto/tls leaves to applications: the ticket is encrypted and
// contains the secret anyway.

// extraMaster begins the entry of [tls.SessionState.Extra]; others may be there.
var extraMaster = []byte("graceful master secret\x00")

// followSessions makes chosen, the configuration of t's connection, pass the master
// secret of a resumed session to t. The keys are those of c.
func (t *tap) followSessions(chosen, c *tls.Config) {
	chosen.WrapSession = func(cs tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		if master := t.masterSecret(); master != nil && cs.Version == tls.VersionTLS12 {
			extra := append(bytes.Clone(extraMaster), master...)
			clear(master)
			session.Extra = append(session.Extra, extra)
		}
		return c.EncryptTicket(cs, session)
	}
	chosen.UnwrapSession = func(ticket []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
		session, err := c.DecryptTicket(ticket, cs)
		if err == nil && session != nil {
			t.resume(session, cs)
		}
		return session, err
	}
}

func (t *tap) masterSecret() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.secrets.master)
}

// resume takes the master secret from a session. crypto/tls may still not resume
// it: a full handshake then logs another secret.
func (t *tap) resume(session *tls.SessionState, cs tls.ConnectionState) {
	for _, extra := range session.Extra {
		if master, ok := bytes.CutPrefix(extra, extraMaster); ok && cs.Version == tls.VersionTLS12 {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.secrets.master = bytes.Clone(master)
			return
		}
	}
}
