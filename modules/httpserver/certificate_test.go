package httpserver

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

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
	r.app.Do(t.Context(), app.Request{Command: app.Reload}) // nothing handles it here; only its end counts
	await(t, "the second certificate", func() bool { return r.servedName() == "second" })
}

func TestCertificateThatEndsIsAnnouncedOnce(t *testing.T) {
	opt, dir := withTLS(t, "first")
	r := serveOn(t, http.HandlerFunc(hello), opt)
	issue(t, dir, "second", time.Now().Add(-80*24*time.Hour), time.Now().Add(10*24*time.Hour))
	r.server.lookAtCertificate()
	r.server.lookAtCertificate()
	r.term()
	r.wait() // for the server's own check, which may have been the first to see it
	if got := len(r.noted("certificate ends soon and has not been renewed")); got != 1 {
		t.Errorf("got %d warnings, want 1", got)
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
