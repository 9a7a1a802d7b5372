package tlsmove

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// authority signs certificates of clients.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{pool: x509.NewCertPool()}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	a.cert = sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true}, nil, a.key, a.key)
	a.pool.AddCert(a.cert)
	return a
}

func sign(t *testing.T, template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore = time.Now().Add(-time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func (a *authority) client(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, a.cert, key, a.key)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key, Leaf: cert}
}

var ecdsaCertificate = sync.OnceValues(temporaryCertificate)

var rsaCertificate = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

func certificates(t *testing.T) []tls.Certificate {
	t.Helper()
	e, err := ecdsaCertificate()
	r, rerr := rsaCertificate()
	if err := errors.Join(err, rerr); err != nil {
		t.Fatal(err)
	}
	return []tls.Certificate{e, r}
}

// link is a connection in memory between a client of crypto/tls and a server.
type link struct {
	client    *tls.Conn
	server    *Tapped
	near, far memoryConn
	config    *tls.Config // of the server
}

// connect does a handshake. change may alter the configuration of the server (s)
// and of the client (c).
func connect(t *testing.T, change func(s, c *tls.Config)) *link {
	t.Helper()
	s := &tls.Config{Certificates: certificates(t)}
	c := &tls.Config{InsecureSkipVerify: true, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	if change != nil {
		change(s, c)
	}
	l := &link{config: s}
	l.near, l.far = memoryPipe()
	t.Cleanup(func() { _ = l.near.Close() })
	l.shake(t, c, l.near, l.far)
	return l
}

func (l *link) shake(t *testing.T, c *tls.Config, near, far net.Conn) {
	t.Helper()
	l.client = tls.Client(far, c)
	l.server = Server(near, Config(l.config))
	shaken := make(chan error, 1)
	go func() { shaken <- l.client.Handshake() }()
	if err := errors.Join(l.server.HandshakeContext(context.Background()), <-shaken); err != nil {
		t.Fatal(err)
	}
}

// exchange sends a few bytes both ways.
func exchange(t *testing.T, client, server net.Conn) {
	t.Helper()
	if err := errors.Join(echo(client, server), echo(server, client)); err != nil {
		t.Fatal(err)
	}
}

func mustMove(t *testing.T, s Session, nc net.Conn, c *tls.Config) *Conn {
	t.Helper()
	next, err := handOver(s, nc, c)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// dryConn ends a Read that would wait, as a deadline does, so that a test knows
// what has been read.
type dryConn struct{ memoryConn }

func (c dryConn) Read(p []byte) (int, error) {
	c.in.mu.Lock()
	dry := c.in.bytes.Len() == 0 && !c.in.closed
	c.in.mu.Unlock()
	if dry {
		return 0, os.ErrDeadlineExceeded
	}
	return c.memoryConn.Read(p)
}

// peer takes the place of a client whose keys it knows, and sends what no
// crypto/tls client would send.
type peer struct {
	t       *testing.T
	nc      net.Conn
	out, in *direction
}

// peerOf returns the client of a connection with the state s, which it copies.
func peerOf(t *testing.T, s *State, nc net.Conn) *peer {
	t.Helper()
	out, err := newDirection(suiteOf(s.Suite), s.In.clone())
	in, ierr := newDirection(suiteOf(s.Suite), s.Out.clone())
	if err := errors.Join(err, ierr); err != nil {
		t.Fatal(err)
	}
	return &peer{t, nc, out, in}
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	if _, err := p.nc.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) send(typ recordType, data []byte) {
	p.t.Helper()
	p.write(p.out.seal(nil, typ, data))
}

// sendPadded sends a record of TLS 1.3 with n bytes of padding.
func (p *peer) sendPadded(typ recordType, data []byte, n int) {
	p.t.Helper()
	inner := append(append(append([]byte{}, data...), byte(typ)), make([]byte, n)...)
	header := []byte{byte(typeData), 3, 3, byte((len(inner) + tagLen) >> 8), byte(len(inner) + tagLen)}
	p.write(p.out.aead.Seal(header, p.out.nonceFor(nil), inner, header))
	p.out.keys.Sequence++
}

var (
	keyUpdateNotRequested = []byte{messageKeyUpdate, 0, 0, 1, 0}
	keyUpdateRequested    = []byte{messageKeyUpdate, 0, 0, 1, 1}
)

func (p *peer) updateKey(message []byte) {
	p.t.Helper()
	p.send(typeHandshake, message)
	if err := p.out.update(); err != nil {
		p.t.Fatal(err)
	}
}

// receive opens the next record of the server. A KeyUpdate changes the key.
func (p *peer) receive() (recordType, []byte, error) {
	header := make([]byte, headerLen)
	if _, err := io.ReadFull(p.nc, header); err != nil {
		return 0, nil, err
	}
	record := append(header, make([]byte, binary.BigEndian.Uint16(header[3:]))...)
	if _, err := io.ReadFull(p.nc, record[headerLen:]); err != nil {
		return 0, nil, err
	}
	typ, b, err := p.in.open(record)
	if err == nil && typ == typeHandshake && b[0] == messageKeyUpdate {
		err = p.in.update()
	}
	return typ, b, err
}

// takeOver returns a peer in place of the client of l, after an exchange that
// leaves nothing on its way.
func (l *link) takeOver(t *testing.T) *peer {
	t.Helper()
	exchange(t, l.client, l.server)
	s, err := l.server.Export()
	if err != nil {
		t.Fatal(err)
	}
	return peerOf(t, s, l.far)
}
