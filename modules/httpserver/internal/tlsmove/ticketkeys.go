package tlsmove

import (
	"crypto/tls"
	"errors"
)

// HasTicketKeys reports whether c has keys of session tickets that were set with
// SetSessionTicketKeys, so that they must not be replaced. They are not accessible,
// but two copies of c show it: without such keys each makes its own, and cannot
// decrypt what the other has encrypted. It returns true if that cannot be found
// out.
func HasTicketKeys(c *tls.Config) bool {
	session, err := sampleSession()
	if err != nil {
		return true
	}
	one, other := c.Clone(), c.Clone()
	none := tls.ConnectionState{}
	ticket, err := one.EncryptTicket(none, session)
	if err != nil {
		return true
	}
	own, err := one.DecryptTicket(ticket, none)
	if err != nil || own == nil {
		return true
	}
	foreign, err := other.DecryptTicket(ticket, none)
	return err != nil || foreign != nil
}

var errNoSession = errors.New("the handshake returned no session")

// sampleSession returns the session of a handshake in memory.
func sampleSession() (session *tls.SessionState, err error) {
	cert, err := temporaryCertificate()
	if err != nil {
		return nil, err
	}
	near, far := memoryPipe()
	defer near.Close()
	c := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
	c.WrapSession = func(cs tls.ConnectionState, s *tls.SessionState) ([]byte, error) {
		session = s
		return c.EncryptTicket(cs, s)
	}
	client := tls.Client(far, temporaryClient())
	shaken := make(chan error, 1)
	go func() { shaken <- client.Handshake() }()
	if err := errors.Join(tls.Server(near, c).Handshake(), <-shaken); err != nil {
		return nil, err
	}
	if session == nil {
		return nil, errNoSession
	}
	return session, nil
}
