package tlsmove

import (
	"crypto/tls"
	"errors"
)

// HasTicketKeys reports whether c has keys of session tickets that crypto/tls did
// not make for it alone, so that they must be left alone: those of
// SetSessionTicketKeys, which cannot be seen. Two copies of c tell: without such
// keys each makes its own, and cannot decrypt what the other has encrypted. It is
// true where that cannot be found out.
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

var errNoSession = errors.New("the handshake made no session")

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
