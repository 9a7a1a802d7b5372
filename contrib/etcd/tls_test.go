package etcd_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful/contrib/etcd"
)

// authority issues certificates for the loopback.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	der  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(time.Hour)}
	a.key = newKey(t)
	var err error
	if a.der, err = x509.CreateCertificate(rand.Reader, a.cert, a.cert, &a.key.PublicKey, a.key); err != nil {
		t.Fatal(err)
	}
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue writes a certificate with that serial to NAME.crt, and its key to NAME.key.
func (a *authority) issue(name string, serial int64) {
	a.t.Helper()
	key := newKey(a.t)
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".crt", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", secret)
}

func (a *authority) write(path, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// newSecureStore is an etcd that uses TLS, and requires certificates of its
// clients.
func newSecureStore(t *testing.T, a *authority, dir string, client *tls.Config) *store {
	t.Helper()
	a.write(filepath.Join(dir, "ca.crt"), "CERTIFICATE", a.der)
	server := filepath.Join(dir, "server")
	a.issue(server, 10)
	conf := embed.NewConfig()
	conf.Dir, conf.UnsafeNoFsync = t.TempDir(), true
	conf.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	secure := []url.URL{{Scheme: "https", Host: "127.0.0.1:0"}}
	plain := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	conf.ListenClientUrls, conf.AdvertiseClientUrls, conf.ListenPeerUrls, conf.AdvertisePeerUrls = secure, secure, plain, plain
	conf.InitialCluster = conf.InitialClusterFromName(conf.Name)
	conf.ClientTLSInfo = transport.TLSInfo{CertFile: server + ".crt", KeyFile: server + ".key",
		TrustedCAFile: filepath.Join(dir, "ca.crt"), ClientCertAuth: true}
	e, err := embed.StartEtcd(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	<-e.Server.ReadyNotify()
	addr := e.Clients[0].Addr().String()
	direct, err := clientv3.New(clientv3.Config{Endpoints: []string{"https://" + addr}, TLS: client, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = direct.Close() })
	return &store{t: t, direct: direct, line: newLine(t, addr)}
}

// Both sides read their certificates anew for each handshake. The first handshake
// after a rotation has the new ones; a client whose certificate is not accepted
// keeps what it has, says so, and follows again when it has a better one.
func TestCertificatesAreRotated(t *testing.T) {
	dir := t.TempDir()
	a := newAuthority(t)
	own := filepath.Join(dir, "client")
	a.issue(own, 20)
	roots := x509.NewCertPool()
	roots.AddCert(must(x509.ParseCertificate(a.der)))
	var seen atomic.Int64 // serial of the server
	client := &tls.Config{RootCAs: roots,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c, err := tls.LoadX509KeyPair(own+".crt", own+".key")
			return &c, err
		},
		VerifyConnection: func(s tls.ConnectionState) error {
			seen.Store(s.PeerCertificates[0].SerialNumber.Int64())
			return nil
		}}
	a.issue(filepath.Join(dir, "direct"), 30)
	pair := must(tls.LoadX509KeyPair(filepath.Join(dir, "direct.crt"), filepath.Join(dir, "direct.key")))
	s := newSecureStore(t, a, dir, &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}})
	s.put("limits: {size: 1}")
	x := newInstance(t, "https://"+s.line.Addr().String(), t.TempDir(), etcd.Options{Client: clientv3.Config{TLS: client}, Resync: 500 * time.Millisecond})
	x.Start()
	x.wantSize(t, 1)
	x.awaitMetric(t, "config_remote_up", 1)
	if seen.Load() != 10 {
		t.Errorf("got a server with serial %d, want 10", seen.Load())
	}

	a.issue(filepath.Join(dir, "server"), 11)
	a.issue(own, 21)
	s.line.cut(false)
	s.put("limits: {size: 2}")
	x.awaitSize(t, 2)
	if seen.Load() != 11 {
		t.Errorf("got a server with serial %d, want the new one", seen.Load())
	}

	newAuthority(t).issue(own, 66) // of an unknown authority
	s.line.cut(false)
	s.put("limits: {size: 3}")
	x.awaitMetric(t, "config_remote_up", 0)
	x.wantNote(t, "etcd does not answer")
	x.wantSize(t, 2)

	a.issue(own, 22)
	x.awaitSize(t, 3)
	x.awaitMetric(t, "config_remote_up", 1)
	x.Stop()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
