//go:build unix

package conformance

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startResumable starts the program with a configuration that can change, and an
// authority of its clients.
func startResumable(t *testing.T, clientCA string) (p *keptProcess, reload func(idle string)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kept.yaml")
	write := func(idle string) {
		temp := path + ".new"
		if err := os.WriteFile(temp, []byte("http:\n  idle_timeout: "+idle+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(temp, path); err != nil {
			t.Fatal(err)
		}
	}
	write("1m")
	env := append(secureEnv(t), "KEPT_CONFIG_FILE="+path)
	if clientCA != "" {
		env = append(env, "KEPT_HTTP_TLS_CLIENT_CA_FILE="+clientCA)
	}
	p = startKept(t, env...)
	return p, func(idle string) {
		write(idle)
		if err := syscall.Kill(p.pid, syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
}

// A session of openssl s_client, which keeps it in a file, is resumed after a
// reload that replaces the server, and by the next generation.
func TestSessionOfOpenSSLOutlivesReloadAndUpgrade(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		t.Run(version, func(t *testing.T) {
			p, reload := startResumable(t, "")
			session := filepath.Join(t.TempDir(), "session")
			resumes := func(args ...string) bool {
				t.Helper()
				cmd := exec.Command("openssl", append([]string{"s_client", "-connect", p.addr, version, "-ign_eof", "-sess_out", session}, args...)...)
				cmd.Stdin = strings.NewReader("GET /who HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
				out, _ := cmd.CombinedOutput() // its exit code is about the certificate
				text := string(out)
				if !strings.Contains(text, "200 OK") || strings.Contains(text, "Reused, ") == strings.Contains(text, "New, ") {
					t.Fatal(text)
				}
				return strings.Contains(text, "Reused, ")
			}
			again := []string{"-sess_in", session}
			if resumes() || !resumes(again...) {
				t.Fatal("sessions are not resumed at all")
			}
			for _, idle := range []string{"2m", "3m"} {
				reload(idle)
				p.awaitIdleTimeout(idle)
				if !resumes(again...) {
					t.Error("after a reload the client shakes hands in full")
				}
			}
			for gen := 2; gen <= 4; gen++ {
				p.upgrade(gen)
				if !resumes(again...) {
					t.Errorf("generation %d makes the client shake hands in full", gen)
				}
			}
			p.stop()
		})
	}
}

// awaitIdleTimeout waits until a reload is in force.
func (p *keptProcess) awaitIdleTimeout(want string) {
	p.t.Helper()
	d, err := time.ParseDuration(want)
	if err != nil {
		p.t.Fatal(err)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) { // polls until it is
		res, err := c.Get(p.url("https", "idle"))
		if err != nil {
			p.t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if string(text) == d.String() {
			return
		}
	}
	p.t.Fatalf("the reload to %s does not come into force", want)
}

// The certificate of a client goes along with its session to the next generation.
func TestClientCertificateIsResumedAfterAnUpgrade(t *testing.T) {
	client := certificate(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: client.Certificate[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(client.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			p, _ := startResumable(t, ca)
			conf := &tls.Config{InsecureSkipVerify: true, ServerName: "test", MaxVersion: version,
				Certificates: []tls.Certificate{client}, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
			resumes := func() bool {
				t.Helper()
				c, err := tls.Dial("tcp", p.addr, conf)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				fmt.Fprint(c, "GET /peer HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
				answer, err := io.ReadAll(c)
				if err != nil || !strings.HasSuffix(string(answer), "\r\n\r\n"+leaf.SerialNumber.String()+" "+leaf.Subject.CommonName) {
					t.Fatalf("got %q, %v", answer, err)
				}
				return c.ConnectionState().DidResume
			}
			if resumes() || !resumes() {
				t.Fatal("sessions are not resumed at all")
			}
			for gen := 2; gen <= 3; gen++ {
				p.upgrade(gen)
				if !resumes() {
					t.Errorf("generation %d makes the client shake hands in full", gen)
				}
			}
			p.stop()
		})
	}
}

// peer names the certificate of the client.
func peer(w http.ResponseWriter, r *http.Request) {
	if len(r.TLS.PeerCertificates) > 0 {
		fmt.Fprintf(w, "%v %s", r.TLS.PeerCertificates[0].SerialNumber, r.TLS.PeerCertificates[0].Subject.CommonName)
	}
}
