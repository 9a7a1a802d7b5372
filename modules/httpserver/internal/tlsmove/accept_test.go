package tlsmove

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"
	"time"
)

// The process that continues a connection applies its own configuration: it does
// not take over what it would not accept in a handshake.
func TestContinueAcceptsWhatAHandshakeWould(t *testing.T) {
	mine, other := newAuthority(t, "mine"), newAuthority(t, "other")
	no := errors.New("no")
	for name, c := range map[string]struct {
		version uint16
		cert    bool // the client has one, of mine
		then    func(c *tls.Config)
		refused bool
	}{
		"the same":                  {then: func(*tls.Config) {}},
		"1.2 where 1.3 is demanded": {version: tls.VersionTLS12, refused: true, then: func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }},
		"1.3 where 1.3 is demanded": {version: tls.VersionTLS13, then: func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }},
		"1.3 where 1.2 is the most": {version: tls.VersionTLS13, refused: true, then: func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }},
		"another suite of 1.2":      {version: tls.VersionTLS12, refused: true, then: func(c *tls.Config) { c.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA} }},
		"suites do not concern 1.3": {version: tls.VersionTLS13, then: func(c *tls.Config) { c.CipherSuites = []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA} }},

		"certificate, same authority":    {cert: true, then: func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, mine.pool }},
		"certificate, other authority":   {cert: true, refused: true, then: func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, other.pool }},
		"certificate, verified if given": {cert: true, refused: true, then: func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.VerifyClientCertIfGiven, other.pool }},
		"certificate, not verified":      {cert: true, then: func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert }},
		"certificate, none wanted":       {cert: true, refused: true, then: func(c *tls.Config) { c.ClientAuth = tls.NoClientCert }},
		"certificate that has expired":   {cert: true, refused: true, then: func(c *tls.Config) { c.ClientAuth, c.Time = tls.RequestClientCert, tomorrow }},
		"no certificate, one required":   {refused: true, then: func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, mine.pool }},
		"no certificate, any required":   {refused: true, then: func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }},
		"no certificate, one if given":   {then: func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.VerifyClientCertIfGiven, mine.pool }},
		"VerifyPeerCertificate refuses": {cert: true, refused: true, then: func(c *tls.Config) {
			c.ClientAuth, c.VerifyPeerCertificate = tls.RequestClientCert, func([][]byte, [][]*x509.Certificate) error { return no }
		}},
		"VerifyConnection refuses":        {refused: true, then: func(c *tls.Config) { c.VerifyConnection = func(tls.ConnectionState) error { return no } }},
		"VerifyConnection panics":         {refused: true, then: func(c *tls.Config) { c.VerifyConnection = func(tls.ConnectionState) error { panic("ouch") } }},
		"GetConfigForClient demands 1.3":  {version: tls.VersionTLS12, refused: true, then: func(c *tls.Config) { c.GetConfigForClient = configOf(&tls.Config{MinVersion: tls.VersionTLS13}, nil) }},
		"GetConfigForClient has no other": {then: func(c *tls.Config) { c.GetConfigForClient = configOf(nil, nil) }},
		"GetConfigForClient refuses":      {refused: true, then: func(c *tls.Config) { c.GetConfigForClient = configOf(nil, no) }},
		"GetConfigForClient needs more": {refused: true, then: func(c *tls.Config) {
			c.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) { <-h.Context().Done(); return nil, nil }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := connect(t, func(s, cl *tls.Config) {
				s.MinVersion, s.MaxVersion = c.version, c.version
				if c.cert {
					s.ClientAuth, s.ClientCAs = tls.RequireAndVerifyClientCert, mine.pool
					cl.Certificates = []tls.Certificate{mine.client(t, "alice")}
				}
			})
			exchange(t, l.client, l.server)
			next := &tls.Config{}
			c.then(next)
			conn, err := handOver(l.server, l.near, next)
			if refused := err != nil; refused != c.refused {
				t.Fatalf("got %v, want refused: %v", err, c.refused)
			}
			if err == nil {
				exchange(t, l.client, conn)
				return
			}
			exchange(t, l.client, l.server) // it goes on where it was
		})
	}
}

func tomorrow() time.Time { return time.Now().Add(24 * time.Hour) }

func configOf(c *tls.Config, err error) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	return func(h *tls.ClientHelloInfo) (*tls.Config, error) {
		if h.SupportedVersions[0] == 0 || h.CipherSuites[0] == 0 {
			return nil, errors.New("no version, or no suite")
		}
		return c, err
	}
}

// Chains are built from the authorities that are in force now.
func TestChainsAreVerifiedAnew(t *testing.T) {
	a := newAuthority(t, "clients")
	l := connect(t, func(s, c *tls.Config) {
		s.ClientAuth = tls.RequireAnyClientCert
		c.Certificates = []tls.Certificate{a.client(t, "alice")}
	})
	exchange(t, l.client, l.server)
	if n := len(l.server.ConnectionState().VerifiedChains); n != 0 {
		t.Fatalf("%d chains before", n)
	}
	conn := mustMove(t, l.server, l.near, &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.pool})
	chains := conn.ConnectionState().VerifiedChains
	if len(chains) != 1 || !chains[0][1].Equal(a.cert) {
		t.Errorf("got %v", chains)
	}
}
