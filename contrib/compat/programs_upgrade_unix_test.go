//go:build unix

package compat

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// Every row of the table: signals, hooks, defaults.
func TestProgramFromEndlessRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "endless", func(p *process) {
		settings, err := os.ReadFile(filepath.Join("testdata", "endless.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p.dir, "shop.yaml"), settings, 0o644); err != nil {
			t.Fatal(err)
		}
	})
	first := p.generation(1)
	addr := p.addr("http")
	kept := oneConnection(t, "tcp", addr)
	p.serves(kept, "http://"+addr)
	for _, sig := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGTSTP, syscall.SIGUSR2} { // none of them does anything
		p.signal(first, sig)
	}
	p.await("nothing to hurry")
	p.signal(first, syscall.SIGHUP)
	second := p.generation(2)
	p.await("about to restart")                           // PRE_SIGNAL
	p.await(`done <nil>`)                                 // POST_SIGNAL
	p.await(regexp.QuoteMeta(addr) + `.*\] 2$`)           // BeforeBegin, of the second
	p.await(`predecessor has ended.*"generation":\s*2\b`) // which is alone now
	p.serves(kept, "http://"+addr)

	// The hammer: a request that does not end holds the stop, until USR2.
	held, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := io.WriteString(held, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"); err != nil {
		t.Fatal(err)
	}
	p.serves(kept, "http://"+addr)
	p.signal(second, syscall.SIGTERM)
	p.await(`"stopping".*SIGTERM`) // or the hammer may come first
	p.signal(second, syscall.SIGUSR2)
	p.await("hurrying")
	p.ends()
}

func TestProgramFromGraceRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "grace")
	first := p.generation(1)
	addr := p.addr("http")
	kept := oneConnection(t, "tcp", addr)
	p.serves(kept, "http://"+addr)
	p.signal(first, syscall.SIGUSR2) // nothing is prepared: PreStartProcess fails
	p.await("upgrade refused.*no such file")
	p.serves(kept, "http://"+addr)
	prepared(p)
	p.signal(first, syscall.SIGUSR2)
	second := p.second()
	p.serves(kept, "http://"+addr)
	p.signal(second, syscall.SIGTERM)
	p.ends()
}

// prepared is what prepare looks for.
func prepared(p *process) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, "prepared"), nil, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// ListenAndServeTLS, over an upgrade.
func TestProgramFromEndlessServesTLS(t *testing.T) {
	t.Parallel()
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	defer certified.Close()
	p := runs(t, "endless", func(p *process) {
		settings, err := os.ReadFile(filepath.Join("testdata", "endless-tls.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		pair := certified.TLS.Certificates[0]
		key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{
			"shop.yaml": settings,
			"cert.pem":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
			"key.pem":   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		} {
			if err := os.WriteFile(filepath.Join(p.dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	})
	first := p.generation(1)
	url := "https://" + p.addr("http")
	client := certified.Client()
	p.serves(client, url)
	client.CloseIdleConnections() // what goes through TLS drains, and does not move
	p.signal(first, syscall.SIGHUP)
	second := p.second()
	p.serves(client, url)
	client.CloseIdleConnections()
	p.signal(second, syscall.SIGTERM)
	p.ends()
}

// Sockets of a service manager, as LISTEN_FDS has them, over an upgrade.
func TestProgramFromGraceTakesSocketsOfTheServiceManager(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	f, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := runs(t, "grace", func(p *process) {
		p.cmd.Path, p.cmd.Args = "/bin/sh", []string{"sh", "-c", "LISTEN_PID=$$ exec ./shop"} // its own number, as the manager would set it
		p.cmd.Env = append(p.cmd.Env, "LISTEN_FDS=1", "LISTEN_FDNAMES=http")
		p.cmd.ExtraFiles = []*os.File{f}
	})
	first := p.generation(1)
	addr := ln.Addr().String()
	kept := oneConnection(t, "tcp", addr)
	p.serves(kept, "http://"+addr)
	prepared(p)
	p.signal(first, syscall.SIGUSR2)
	second := p.second()
	p.serves(kept, "http://"+addr)
	p.signal(second, syscall.SIGTERM)
	p.ends()
}

func TestProgramFromTableflipRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "tableflip", func(p *process) {
		ln, err := net.Listen("tcp", "127.0.0.1:0") // an address that is free
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		p.cmd.Env = append(p.cmd.Env, "ADDR="+ln.Addr().String(), "LINES_UPGRADE_PID_FILE=lines.pid")
	})
	first := p.generation(1)
	addr := ""
	for _, kv := range p.cmd.Env {
		if a, ok := strings.CutPrefix(kv, "ADDR="); ok {
			addr = a
		}
	}
	line := func() {
		t.Helper()
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if got, err := io.ReadAll(c); string(got) != "hello\n" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	line()
	p.signal(first, syscall.SIGUSR2)
	second := p.second()
	line()
	if got, err := os.ReadFile(filepath.Join(p.dir, "lines.pid")); err != nil || strings.TrimSpace(string(got)) != fmt.Sprint(second) {
		t.Errorf("PID file: got %q, %v, want %d", got, err, second)
	}
	p.signal(second, syscall.SIGTERM)
	p.ends()
}

// The fetcher brings a program that does not start, then a good one.
func TestProgramFromOverseerRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "overseer")
	p.generation(1)
	addr := p.addr("http")
	kept := oneConnection(t, "tcp", addr)
	p.serves(kept, "http://"+addr)
	self := binary(t, "after/overseer")
	bring := func(make func(path string) error) {
		t.Helper()
		dir := filepath.Join(p.dir, "coming")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := make(filepath.Join(dir, "shop")); err != nil {
			t.Fatal(err)
		}
		_ = os.RemoveAll(filepath.Join(p.dir, "incoming"))
		if err := os.Rename(dir, filepath.Join(p.dir, "incoming")); err != nil {
			t.Fatal(err)
		}
	}
	bring(func(path string) error { return os.WriteFile(path, []byte("#!/bin/sh\nexit 7\n"), 0o755) })
	p.await("upgrade failed.*exit status 7")
	p.serves(kept, "http://"+addr)
	bring(func(path string) error { return os.Symlink(self, path) })
	second := p.second()
	p.serves(kept, "http://"+addr)
	p.signal(second, syscall.SIGTERM)
	p.ends()
}
