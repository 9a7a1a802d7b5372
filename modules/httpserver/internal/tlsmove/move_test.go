package tlsmove

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"reflect"
	"testing"
)

func version(v uint16) func(s, c *tls.Config) {
	return func(s, _ *tls.Config) { s.MinVersion, s.MaxVersion = v, v }
}

func suite12(id uint16) func(s, c *tls.Config) {
	return func(s, c *tls.Config) {
		version(tls.VersionTLS12)(s, c)
		s.CipherSuites = []uint16{id}
		c.CipherSuites = []uint16{id}
	}
}

func both(changes ...func(s, c *tls.Config)) func(s, c *tls.Config) {
	return func(s, c *tls.Config) {
		for _, change := range changes {
			change(s, c)
		}
	}
}

func noTickets(s, _ *tls.Config) { s.SessionTicketsDisabled = true }

func names(s, c *tls.Config) {
	c.ServerName = "todo.example"
	s.NextProtos, c.NextProtos = []string{"http/1.1"}, []string{"http/1.1"}
}

// retry makes the server ask for another key share: HelloRetryRequest.
func retry(s, _ *tls.Config) { s.CurvePreferences = []tls.CurveID{tls.CurveP521} }

// Every kind of connection that can move moves three times, and handlers see the
// same of it as before.
func TestConnectionMoves(t *testing.T) {
	a := newAuthority(t, "clients")
	clientCert := func(s, c *tls.Config) {
		s.ClientAuth, s.ClientCAs = tls.RequireAndVerifyClientCert, a.pool
		c.Certificates = []tls.Certificate{a.client(t, "alice")}
	}
	v12, v13 := version(tls.VersionTLS12), version(tls.VersionTLS13)
	for name, change := range map[string]func(s, c *tls.Config){
		"1.3":                       v13,
		"1.3 names":                 both(v13, names),
		"1.3 no tickets":            both(v13, noTickets),
		"1.3 client certificate":    both(v13, clientCert),
		"1.3 HelloRetryRequest":     both(v13, retry),
		"1.3 retry and certificate": both(v13, retry, clientCert, names),
		"1.2":                       v12,
		"1.2 names":                 both(v12, names),
		"1.2 no tickets":            both(v12, noTickets),
		"1.2 client certificate":    both(v12, clientCert),
		"1.2 P-521":                 both(v12, retry),
		"1.2 AES-128 ECDSA":         suite12(tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
		"1.2 AES-256 ECDSA":         suite12(tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
		"1.2 AES-128 RSA":           suite12(tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
		"1.2 AES-256 RSA":           suite12(tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
		"1.2 RSA key exchange":      suite12(tls.TLS_RSA_WITH_AES_128_GCM_SHA256),
		"1.2 RSA key exchange 256":  suite12(tls.TLS_RSA_WITH_AES_256_GCM_SHA384),
	} {
		t.Run(name, func(t *testing.T) { moveThrice(t, connect(t, change)) })
	}
}

func moveThrice(t *testing.T, l *link) {
	t.Helper()
	want := l.server.ConnectionState()
	var s Session = l.server
	for range 3 {
		exchange(t, l.client, s)
		s = mustMove(t, s, l.near, l.config)
		compareStates(t, s.ConnectionState(), want)
	}
	exchange(t, l.client, s)
}

// The other suite of TLS 1.3 needs a client that offers only that; the tests of
// processes have one, OpenSSL. Here the record layer is tried alone.
func TestBothHashesOfTLS13(t *testing.T) {
	for _, id := range []uint16{tls.TLS_AES_128_GCM_SHA256, tls.TLS_AES_256_GCM_SHA384} {
		su := suiteOf(id)
		secret := bytes.Repeat([]byte{7}, su.secretLen())
		sealer, err := newDirection(su, Keys{Secret: bytes.Clone(secret)})
		opener, oerr := newDirection(su, Keys{Secret: bytes.Clone(secret)})
		if err := errors.Join(err, oerr); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			typ, p, err := opener.open(sealer.seal(nil, typeData, []byte("hello")))
			if err != nil || typ != typeData || string(p) != "hello" {
				t.Fatalf("%s: got %d %q %v", tls.CipherSuiteName(id), typ, p, err)
			}
			if err := errors.Join(sealer.update(), opener.update()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func compareStates(t *testing.T, got, want tls.ConnectionState) {
	t.Helper()
	if _, err := got.ExportKeyingMaterial("label", nil, 16); err == nil {
		t.Error("ExportKeyingMaterial: no error, though exporters do not move")
	}
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range g.NumField() {
		f := g.Type().Field(i)
		if !f.IsExported() || f.Name == "LocalCertificate" || f.Name == "PeerCertificates" || f.Name == "VerifiedChains" {
			continue
		}
		if !reflect.DeepEqual(g.Field(i).Interface(), w.Field(i).Interface()) {
			t.Errorf("%s: got %v, want %v", f.Name, g.Field(i), w.Field(i))
		}
	}
	if len(got.PeerCertificates) != len(want.PeerCertificates) || len(got.VerifiedChains) != len(want.VerifiedChains) {
		t.Fatalf("got %d certificates, %d chains, want %d and %d", len(got.PeerCertificates), len(got.VerifiedChains),
			len(want.PeerCertificates), len(want.VerifiedChains))
	}
	for i := range got.PeerCertificates {
		if !got.PeerCertificates[i].Equal(want.PeerCertificates[i]) {
			t.Errorf("certificate %d is another", i)
		}
	}
}

// A client that resumes a session moves like one after a full handshake.
func TestResumedSessionMoves(t *testing.T) {
	a := newAuthority(t, "clients")
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(v), func(t *testing.T) {
			s := &tls.Config{Certificates: certificates(t), ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: a.pool, MinVersion: v, MaxVersion: v}
			c := &tls.Config{InsecureSkipVerify: true, ServerName: "todo.example", ClientSessionCache: tls.NewLRUClientSessionCache(1), Certificates: []tls.Certificate{a.client(t, "alice")}}
			listening := Config(s)
			for i := range 2 {
				l := &link{config: s}
				l.near, l.far = memoryPipe()
				defer l.near.Close()
				l.client, l.server = tls.Client(l.far, c), Server(l.near, listening)
				shaken := make(chan error, 1)
				go func() { shaken <- l.client.Handshake() }()
				if err := errors.Join(l.server.Handshake(), <-shaken); err != nil {
					t.Fatal(err)
				}
				if got := l.server.ConnectionState().DidResume; got != (i == 1) {
					t.Fatalf("connection %d: resumed: %v", i, got)
				}
				moveThrice(t, l)
			}
		})
	}
}

// A connection whose state was exported goes on if no process took it, and the
// exported copy can be zeroed.
func TestExportChangesNothing(t *testing.T) {
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		l := connect(t, version(v))
		for _, s := range []Session{l.server, nil} {
			if s == nil {
				s = mustMove(t, l.server, l.near, l.config)
			}
			for range 48 {
				exchange(t, l.client, s)
				state, err := s.Export()
				if err != nil {
					t.Fatal(err)
				}
				state.Wipe()
			}
			exchange(t, l.client, s)
		}
	}
}

// Large transfers cross records of every size.
func TestLargeTransfers(t *testing.T) {
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		l := connect(t, version(v))
		exchange(t, l.client, l.server)
		s := mustMove(t, l.server, l.near, l.config)
		want := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
		for _, way := range [][2]net.Conn{{l.client, s}, {s, l.client}} {
			sent := make(chan error, 1)
			go func() {
				_, err := way[0].Write(want)
				sent <- err
			}()
			got := make([]byte, len(want))
			_, err := io.ReadFull(way[1], got)
			if err := errors.Join(err, <-sent); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%v, same: %v", err, bytes.Equal(got, want))
			}
		}
		exchange(t, l.client, mustMove(t, s, l.near, l.config))
	}
}
