package tlsmove

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// Check returns why connections cannot move in this process: FIPS 140-3 mode, no
// AES in hardware, or a crypto/tls that does not behave as this package expects. It
// does a handshake in memory, exports and continues, with each version of the
// protocol, which takes a few milliseconds.
func Check() error {
	if fips140.Enabled() {
		return errors.New("FIPS 140-3 mode: AES-GCM must choose its nonces itself")
	}
	cert, err := temporaryCertificate()
	if err != nil {
		return err
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c := &tls.Config{
			Certificates: []tls.Certificate{cert}, MinVersion: version, MaxVersion: version,
			CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
		}
		if err := guard.Call(func() error { return tryWith(c) }); err != nil {
			return fmt.Errorf("%s: %w", tls.VersionName(version), err)
		}
	}
	return nil
}

// tryTimeout bounds the trial of one version.
const tryTimeout = 5 * time.Second

// tryWith moves one connection twice. Its client does not verify the certificate:
// the other end is this function as well.
func tryWith(c *tls.Config) error {
	near, far := memoryPipe()
	defer near.Close()
	late := time.AfterFunc(tryTimeout, func() { _ = near.Close() })
	defer late.Stop()

	client := tls.Client(far, temporaryClient())
	server := Server(near, Config(c))
	shaken := make(chan error, 1)
	go func() { shaken <- client.Handshake() }()
	if err := errors.Join(server.HandshakeContext(context.Background()), <-shaken); err != nil {
		return err
	}
	var session Session = server
	for range 3 {
		if err := errors.Join(echo(client, session), echo(session, client)); err != nil {
			return err
		}
		next, err := handOver(session, near, c)
		if err != nil {
			return err
		}
		session = next
	}
	cs := session.ConnectionState()
	if _, err := cs.ExportKeyingMaterial("check", nil, 16); err == nil {
		return errors.New("ExportKeyingMaterial of a continued connection does not fail")
	}
	return nil
}

// echo sends a few messages one way, one of them as long as a KeyUpdate.
func echo(from, to net.Conn) error {
	for _, n := range []int{1, 5, 100} {
		sent, got := make([]byte, n), make([]byte, n)
		_, _ = rand.Read(sent) // which never fails
		if _, err := from.Write(sent); err != nil {
			return err
		}
		if _, err := io.ReadFull(to, got); err != nil {
			return err
		}
		if string(got) != string(sent) {
			return errors.New("what was received is not what was sent")
		}
	}
	return nil
}

// handOver does what a move does, in one process.
func handOver(s Session, nc net.Conn, c *tls.Config) (*Conn, error) {
	state, err := s.Export()
	if err != nil {
		return nil, err
	}
	defer state.Wipe()
	encoded, err := state.Encode()
	if err != nil {
		return nil, err
	}
	defer clear(encoded)
	decoded, err := Decode(encoded)
	if err != nil {
		return nil, err
	}
	defer decoded.Wipe()
	return Continue(nc, decoded, c)
}

func temporaryCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// temporaryClient returns the configuration of a client that asks for a session
// ticket.
func temporaryClient() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
}
