package httpserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// issue writes a certificate for name that is its own authority, and its key, to dir.
func issue(t *testing.T, dir, name string, from, to time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	write(t, keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	return certFile, keyFile
}

// thisYear is a time in which a certificate need not be renewed.
func thisYear() (from, to time.Time) { return time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0) }

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func withTLS(t *testing.T, name string) (opt rigOption, dir string) {
	dir = t.TempDir()
	from, to := thisYear()
	certFile, keyFile := issue(t, dir, name, from, to)
	return configured(func(c *Config) { c.TLS = TLSConfig{CertFile: certFile, KeyFile: keyFile} }), dir
}

// servedName is the name in the certificate that a new client gets.
func (r *rig) servedName() string {
	r.t.Helper()
	c, err := tls.Dial("tcp", r.addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func secure(proto string) *http.Client {
	p := new(http.Protocols)
	p.SetHTTP1(proto == "HTTP/1.1")
	p.SetHTTP2(proto == "HTTP/2.0")
	return &http.Client{Transport: &http.Transport{Protocols: p, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
}

func TestTLSIsServedAndDrained(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			opt, _ := withTLS(t, "test")
			d := newDoor()
			r := serveOn(t, d, opt, linger(50*time.Millisecond))
			c := secure(proto)
			defer c.CloseIdleConnections()
			go func() { <-d.entered; r.term(); r.awaitUnbind(); close(d.leave) }()
			res, err := c.Get("https://" + r.addr)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if string(body) != "hello" || err != nil || res.Proto != proto {
				t.Errorf("got %q, %v by %s, want hello by %s", body, err, res.Proto, proto)
			}
			if got := r.wait().Counts(); got["cut"] != 0 || got["drained"] != 1 {
				t.Errorf("got counts %v, want drained 1 and nothing cut", got)
			}
		})
	}
}

// A connection that was opened in advance and has said nothing, not even in its handshake, does not hold a stop.
func TestSilentTLSConnectionIsClosedAfterLinger(t *testing.T) {
	opt, _ := withTLS(t, "test")
	r := serveOn(t, http.HandlerFunc(hello), opt, linger(30*time.Millisecond))
	silent := r.dial()
	shaken := tls.Client(r.dial().Conn, &tls.Config{InsecureSkipVerify: true})
	if err := shaken.Handshake(); err != nil {
		t.Fatal(err)
	}
	r.awaitPhase(parked, 2)
	r.term()
	silent.wantClosed()
	if got := r.wait().Counts(); got["idle_closed"] != 2 || got["cut"] != 0 {
		t.Errorf("got counts %v, want idle_closed 2 and nothing cut", got)
	}
}

func TestRenewedCertificateIsTakenOverAndABadOneIsNot(t *testing.T) {
	opt, dir := withTLS(t, "first")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	if got := r.servedName(); got != "first" {
		t.Fatalf("got %s, want first", got)
	}

	from, to := thisYear()
	issue(t, dir, "second", from, to)
	r.server.lookAtCertificate()
	if got := r.servedName(); got != "second" {
		t.Errorf("got %s, want second", got)
	}

	write(t, filepath.Join(dir, "cert.pem"), []byte("no certificate"))
	r.server.lookAtCertificate()
	r.server.lookAtCertificate()
	if got := r.servedName(); got != "second" {
		t.Errorf("got %s, want second", got)
	}
	if got := len(r.noted("certificate not taken over, the one in force stays")); got != 1 {
		t.Errorf("got %d warnings of one bad certificate, want 1", got)
	}

	os.Remove(filepath.Join(dir, "key.pem"))
	r.server.lookAtCertificate()
	notes := r.noted("certificate not taken over, the one in force stays")
	if len(notes) != 2 || !errors.Is(notes[1].Err, fs.ErrNotExist) {
		t.Errorf("got %v, want a warning of the missing key", notes)
	}

	issue(t, dir, "third", from, to)
	r.server.lookAtCertificate()
	if got := r.servedName(); got != "third" {
		t.Errorf("got %s, want third", got)
	}
}

func TestReloadTakesTheCertificateOverAtOnce(t *testing.T) {
	opt, dir := withTLS(t, "first")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	from, to := thisYear()
	issue(t, dir, "second", from, to)
	r.app.Do(t.Context(), app.Request{Command: app.Reload}) // nobody handles it here; its end is what counts
	await(t, "the second certificate", func() bool { return r.servedName() == "second" })
}

func TestCertificateThatEndsIsAnnouncedOnce(t *testing.T) {
	opt, dir := withTLS(t, "first")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	issue(t, dir, "second", time.Now().Add(-80*24*time.Hour), time.Now().Add(10*24*time.Hour))
	r.server.lookAtCertificate()
	r.server.lookAtCertificate()
	if got := len(r.noted("certificate ends soon and has not been renewed")); got != 1 {
		t.Errorf("got %d warnings, want 1", got)
	}
}

func TestClientsNeedACertificateWhenAnAuthorityIsGiven(t *testing.T) {
	dir := t.TempDir()
	from, to := thisYear()
	certFile, keyFile := issue(t, dir, "test", from, to)
	r := serveOn(t, http.HandlerFunc(hello), configured(func(c *Config) {
		c.TLS = TLSConfig{CertFile: certFile, KeyFile: keyFile, ClientCAFile: certFile}
	}))
	c := secure("HTTP/1.1")
	defer c.CloseIdleConnections()
	if res, err := c.Get("https://" + r.addr); err == nil {
		res.Body.Close()
		t.Error("got a response without a certificate")
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	c.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{pair}
	res, err := c.Get("https://" + r.addr)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

func TestOldProtocolVersionsAreRefused(t *testing.T) {
	opt, _ := withTLS(t, "test")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	c, err := tls.Dial("tcp", r.addr, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if err == nil {
		c.Close()
		t.Error("got a connection with TLS 1.1")
	}
}

func TestUnusableTLSFilesFailTheStart(t *testing.T) {
	dir := t.TempDir()
	from, to := thisYear()
	certFile, keyFile := issue(t, dir, "test", from, to)
	junk := filepath.Join(dir, "junk")
	write(t, junk, []byte("junk"))
	tests := []struct {
		name string
		tls  TLSConfig
		want string
	}{
		{"missing", TLSConfig{CertFile: "/nonexistent", KeyFile: keyFile}, "http.tls.cert_file: open /nonexistent"},
		{"junk", TLSConfig{CertFile: certFile, KeyFile: junk}, "http.tls.cert_file " + certFile + " with tls.key_file " + junk},
		{"junk authority", TLSConfig{CertFile: certFile, KeyFile: keyFile, ClientCAFile: junk}, "holds no certificate in PEM form"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conf := DefaultConfig()
			conf.Addr, conf.TLS = "127.0.0.1:0", tt.tls
			a := app.New("test")
			New(a, "http", &http.Server{}, func() *Config { return &conf })
			if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestReloadOfTLSSettings(t *testing.T) {
	opt, _ := withTLS(t, "first")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	from, to := thisYear()
	certFile, keyFile := issue(t, t.TempDir(), "second", from, to)
	old := *r.server.config()
	change := func(f func(*Config)) config.Change[Config] {
		next := old
		f(&next)
		return config.Change[Config]{Old: &old, New: &next}
	}

	for name, f := range map[string]func(*Config){
		"off":     func(c *Config) { c.TLS = TLSConfig{} },
		"missing": func(c *Config) { c.TLS.CertFile = "/nonexistent" },
	} {
		if _, err := r.server.reload(t.Context(), change(f)); err == nil {
			t.Errorf("%s: got no veto", name)
		}
	}
	tx, err := r.server.reload(t.Context(), change(func(c *Config) { c.TLS.CertFile, c.TLS.KeyFile = certFile, keyFile }))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.servedName(); got != "first" {
		t.Errorf("got %s before the commit, want first", got)
	}
	tx.Commit()
	if got := r.servedName(); got != "second" {
		t.Errorf("got %s, want second", got)
	}
}

// An HTTP/2 client whose handshake ends when the server has begun to leave is told so as well (golang/go#81153).
func TestStopSendsGoAway(t *testing.T) {
	for _, late := range []bool{false, true} {
		opt, _ := withTLS(t, "test")
		r := serveOn(t, http.HandlerFunc(hello), opt, linger(time.Minute))
		raw := r.dial()
		c := tls.Client(raw.Conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		if late {
			r.awaitPhase(parked, 1)
			r.term()
			r.awaitUnbind()
		}
		io.WriteString(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
		if !late {
			wantFrame(t, c, settingsFrame)
			await(t, "HTTP/2", func() bool { return r.server.conns.len() == 1 })
			r.term()
		}
		wantFrame(t, c, goAwayFrame)
		c.Close()
		if got := r.wait(); got.Counts()["cut"] != 0 || got.Down > 10*time.Second {
			t.Errorf("late %v: got %v, want nothing cut", late, got)
		}
	}
}

const settingsFrame, goAwayFrame = 4, 7

// wantFrame reads frames until one of the type has come.
func wantFrame(t *testing.T, c net.Conn, typ byte) {
	t.Helper()
	for {
		var head [9]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			t.Fatalf("no frame of type %d: %v", typ, err)
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, c, length); err != nil {
			t.Fatal(err)
		}
		if head[3] == typ {
			return
		}
	}
}

func TestStalledUploadThroughTLSIsCut(t *testing.T) {
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			opt, _ := withTLS(t, "test")
			failed := make(chan error, 1)
			r := serveOn(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				failed <- err
			}), opt, configured(func(c *Config) { c.StallTimeout = 0 }))
			c := secure(proto)
			defer c.CloseIdleConnections()
			body, more := io.Pipe()
			go func() {
				if res, err := c.Post("https://"+r.addr, "text/plain", body); err == nil {
					res.Body.Close()
				}
			}()
			io.WriteString(more, "some")
			defer more.Close()
			await(t, "handler reads", func() bool {
				r.server.conns.mu.Lock()
				defer r.server.conns.mu.Unlock()
				for b := range r.server.conns.bodies {
					return b.wait.seen.Load() > 0
				}
				return false
			})
			await(t, "cut", func() bool { r.server.conns.walk(); return r.server.conns.stalled.Load() > 0 })
			if err := <-failed; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v, want a timeout", err)
			}
		})
	}
}
