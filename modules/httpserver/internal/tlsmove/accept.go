package tlsmove

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// Acceptable reports whether a server with the configuration c would accept the
// connection if it were a new one, and returns its ConnectionState if so. The
// client's certificates are verified again: a changed authority, an expired
// certificate and the callbacks of c count as they would in a handshake.
func (s *State) Acceptable(c *tls.Config) (cs tls.ConnectionState, err error) {
	if c, err = s.configFor(c); err != nil {
		return cs, err
	}
	switch {
	case s.Version < c.MinVersion || c.MaxVersion != 0 && s.Version > c.MaxVersion:
		return cs, fmt.Errorf("%s is no longer accepted", tls.VersionName(s.Version))
	case s.Version < tls.VersionTLS13 && c.CipherSuites != nil && !slices.Contains(c.CipherSuites, s.Suite):
		return cs, fmt.Errorf("cipher suite %s is no longer accepted", tls.CipherSuiteName(s.Suite))
	}
	cs = s.connectionState()
	if err := s.verify(&cs, c); err != nil {
		return cs, err
	}
	if c.VerifyConnection != nil {
		err = guard.Call(func() error { return c.VerifyConnection(cs) })
	}
	return cs, err
}

// configFor returns what GetConfigForClient chooses. The hello has only a part of
// what the client has sent: if that is not enough for a callback, it fails, and the
// connection stays where it is.
func (s *State) configFor(c *tls.Config) (*tls.Config, error) {
	if c.GetConfigForClient == nil {
		return c, nil
	}
	hello := &tls.ClientHelloInfo{
		CipherSuites: []uint16{s.Suite}, ServerName: s.ServerName, SupportedVersions: []uint16{s.Version},
	}
	if s.ALPN != "" {
		hello.SupportedProtos = []string{s.ALPN}
	}
	err := guard.Call(func() error {
		chosen, err := c.GetConfigForClient(hello)
		if chosen != nil {
			c = chosen
		}
		return err
	})
	return c, err
}

// verify checks the client's certificates as a handshake would, and puts them
// into cs.
func (s *State) verify(cs *tls.ConnectionState, c *tls.Config) error {
	for _, raw := range s.Peer {
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			return fmt.Errorf("certificate of the client: %w", err)
		}
		cs.PeerCertificates = append(cs.PeerCertificates, cert)
	}
	required := c.ClientAuth == tls.RequireAnyClientCert || c.ClientAuth == tls.RequireAndVerifyClientCert
	switch given := len(s.Peer) > 0; {
	case !given && required:
		return errors.New("the client has no certificate, and one is required now")
	case !given:
		return nil
	case c.ClientAuth == tls.NoClientCert: // crypto/tls does not resume these either
		return errors.New("the client has a certificate, and none is wanted now")
	}
	now := time.Now()
	if c.Time != nil {
		now = c.Time()
	}
	if now.After(cs.PeerCertificates[0].NotAfter) {
		return errors.New("the client's certificate has expired")
	}
	if c.ClientAuth >= tls.VerifyClientCertIfGiven {
		var err error
		if cs.VerifiedChains, err = verifiedChains(cs.PeerCertificates, c.ClientCAs, now); err != nil {
			return fmt.Errorf("certificate of the client: %w", err)
		}
	}
	if c.VerifyPeerCertificate == nil {
		return nil
	}
	return guard.Call(func() error { return c.VerifyPeerCertificate(s.Peer, cs.VerifiedChains) })
}

func verifiedChains(certs []*x509.Certificate, roots *x509.CertPool, now time.Time) ([][]*x509.Certificate, error) {
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	return certs[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}
