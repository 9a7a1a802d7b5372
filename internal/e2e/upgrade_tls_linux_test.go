package e2e_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTLSChain is startChain with a certificate.
func startTLSChain(t *testing.T, env ...string) *chain {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile := writeCertificate(t, dir)
	c := startChain(t, append(env, "ECHO_HTTP_TLS_CERT_FILE="+certFile, "ECHO_HTTP_TLS_KEY_FILE="+keyFile)...)
	c.tls = &tls.Config{InsecureSkipVerify: true, ServerName: "test"}
	return c
}

func writeCertificate(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * 365 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, b []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", secret)
}

// Through TLS, too, nothing fails, and no client has to connect again.
func TestUpgradesUnderLoadThroughTLSLoseNothing(t *testing.T) {
	for _, tt := range []struct {
		name    string
		version uint16
		think   time.Duration
		cut     bool
	}{
		{name: "1.3", version: tls.VersionTLS13, think: time.Millisecond},
		{name: "1.2", version: tls.VersionTLS12, think: time.Millisecond},
		{name: "1.3 cut and pipelined", version: tls.VersionTLS13, think: time.Millisecond, cut: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := startTLSChain(t)
			c.upgrades = min(*upgrades, 10)
			c.tls.MaxVersion = tt.version
			c.upgradeUnderLoad(32, func(id int) { c.raw(id, tt.think, tt.cut) })
			if got := c.dials.Load(); got != 32 {
				t.Errorf("%d connections, want 32", got)
			}
		})
	}
}

// upgradeTo upgrades the process pid to generation n and returns the new one.
func (c *chain) upgradeTo(pid, n int) int {
	c.t.Helper()
	if err := syscall.Kill(pid, syscall.SIGUSR2); err != nil {
		c.t.Fatal(err)
	}
	next, err := c.p.generation(n)
	if err == nil {
		_, err = c.p.await(regexp.MustCompile(fmt.Sprintf(`the predecessor has ended.*"generation":\s*%d\b`, n)))
	}
	if err != nil {
		c.t.Fatalf("upgrade to generation %d: %v\n%s", n, err, c.p.text())
	}
	return next
}

func (c *chain) end(pid int) {
	c.t.Helper()
	_ = syscall.Kill(pid, syscall.SIGTERM)
	if code, err := c.p.exit(); err != nil || code != 0 {
		c.t.Errorf("the first generation: exit code %d, %v", code, err)
	}
}

// OpenSSL keeps one connection over ten upgrades and changes its keys between them,
// and has the server change its own.
func TestOpenSSLKeepsItsConnection(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl")
	}
	for _, version := range []string{"-tls1_3", "-tls1_2"} {
		t.Run(version, func(t *testing.T) {
			c := startTLSChain(t)
			s := exec.Command(openssl, "s_client", "-connect", c.addr, "-servername", "test", "-crlf", version)
			in, err := s.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := s.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			s.Stderr = s.Stdout // where it says that it changes its keys
			if err := s.Start(); err != nil {
				t.Fatal(err)
			}
			lines := make(chan string, 1000)
			go func() {
				defer close(lines)
				for scan := bufio.NewScanner(out); scan.Scan(); {
					lines <- scan.Text()
				}
			}()
			defer func() {
				_ = in.Close()
				_ = s.Process.Kill()
				_ = s.Wait()
			}()
			pid := c.p.cmd.Process.Pid
			for n := 1; n <= 11; n++ {
				if n > 1 {
					pid = c.upgradeTo(pid, n)
				}
				if version == "-tls1_3" {
					_, _ = io.WriteString(in, []string{"K\n", "k\n"}[n%2])
					awaitLine(t, lines, "KEYUPDATE")
				}
				fmt.Fprintf(in, "POST / HTTP/1.1\nHost: test\nContent-Length: 15\n\nanswer to %03d\n", n)
				awaitLine(t, lines, fmt.Sprintf("answer to %03d", n))
			}
			c.end(pid)
		})
	}
}

func awaitLine(t *testing.T, lines <-chan string, part string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("the connection ended before %q", part)
			}
			if strings.Contains(line, part) {
				return
			}
		case <-timeout:
			t.Fatalf("no line with %q", part)
		}
	}
}

// A session that one process has given a ticket for is resumed by the next.
func TestOpenSSLResumesItsSessionAfterAnUpgrade(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("no openssl")
	}
	for _, version := range []string{"-tls1_3", "-tls1_2"} {
		t.Run(version, func(t *testing.T) {
			c := startTLSChain(t)
			file := filepath.Join(c.dir, "session")
			shake := func(option string) string {
				s := exec.Command(openssl, "s_client", "-connect", c.addr, "-servername", "test", "-ign_eof", version, option, file)
				s.Stdin = strings.NewReader("POST / HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
				out, err := s.CombinedOutput()
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				return string(out)
			}
			if out := shake("-sess_out"); !strings.Contains(out, "New, ") {
				t.Fatalf("the first handshake is not new:\n%s", out)
			}
			pid := c.upgradeTo(c.p.cmd.Process.Pid, 2)
			pid = c.upgradeTo(pid, 3)
			if out := shake("-sess_in"); !strings.Contains(out, "Reused, ") {
				t.Errorf("after two upgrades the client shakes hands in full:\n%s", out)
			}
			c.end(pid)
		})
	}
}
