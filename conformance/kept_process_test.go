//go:build unix

package conformance

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	gorilla "github.com/gorilla/websocket"

	"github.com/gracefulfx/graceful/app"
)

// keptProcess is the program, in any of its generations.
type keptProcess struct {
	t   *testing.T
	out *bufio.Reader
	tls bool

	generation int
	pid        int
	pidFile    string
	addr       string
	over       bool
	page       func(string) // called with what a page reports
}

func startKept(t *testing.T, env ...string) *keptProcess {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Dir = t.TempDir()
	pidFile := filepath.Join(t.TempDir(), "pid")
	cmd.Env = append(append(os.Environ(), programEnv+"=1", "KEPT_HTTP_ADDR=127.0.0.1:0", "KEPT_ADMIN_ADDR=off", "KEPT_LOG_LEVEL=warn", "KEPT_UPGRADE_PID_FILE="+pidFile), env...)
	cmd.Stderr = os.Stderr
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	p := &keptProcess{t: t, generation: 1, out: bufio.NewReader(r), pid: cmd.Process.Pid, pidFile: pidFile}
	t.Cleanup(func() {
		if !p.over {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
		_ = cmd.Wait()
		r.Close()
	})
	p.await(1)
	return p
}

func (p *keptProcess) url(scheme, path string) string {
	if p.tls {
		scheme += "s"
	}
	return scheme + "://" + p.addr + "/" + path
}

// Clients do not verify the program's certificate.
var (
	unverified = &tls.Config{InsecureSkipVerify: true}
	transport  = &http.Transport{TLSClientConfig: unverified}
	dialer     = &gorilla.Dialer{TLSClientConfig: unverified}
)

// startKeptTLS is startKept with a certificate.
func startKeptTLS(t *testing.T, env ...string) *keptProcess {
	t.Helper()
	c := certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), "pem")
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	p := startKept(t, append(env, "KEPT_HTTP_TLS_CERT_FILE="+write("CERTIFICATE", c.Certificate[0]), "KEPT_HTTP_TLS_KEY_FILE="+write("PRIVATE KEY", key))...)
	p.tls = true
	return p
}

// readLine returns the next line that the program prints.
func (p *keptProcess) readLine() string {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.t.Fatalf("after %q: %v", line, err)
	}
	if text, ok := strings.CutPrefix(line, "page: "); ok && p.page != nil {
		p.page(strings.TrimSpace(text))
	}
	return line
}

// await waits until a generation is ready.
func (p *keptProcess) await(generation int) {
	p.t.Helper()
	for {
		line := p.readLine()
		var gen, pid int
		var addr string
		if _, err := fmt.Sscanf(line, "generation %d, process %d, listens on %s", &gen, &pid, &addr); err == nil && gen == generation {
			p.pid, p.addr = pid, addr
			return
		}
	}
}

// upgrade requests a new generation until there is one, and waits until that is in
// charge: a signal that stops it earlier makes the upgrade fail, and the old one
// stays.
func (p *keptProcess) upgrade(generation int) {
	p.t.Helper()
	p.generation = generation
	ready := make(chan struct{})
	old := p.pid
	go func() { defer close(ready); p.await(generation) }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		_ = syscall.Kill(old, syscall.SIGUSR2)
		select {
		case <-ready:
			p.awaitInCharge()
			return
		case <-tick.C:
		}
	}
}

// awaitInCharge waits until the PID file names the process.
func (p *keptProcess) awaitInCharge() {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) { // polls
		if text, _ := os.ReadFile(p.pidFile); strings.TrimSpace(string(text)) == strconv.Itoa(p.pid) {
			return
		}
	}
	p.t.Fatalf("generation %d is not in charge", p.generation)
}

// wantMoved checks what the predecessor has said of its connections. It waits for
// the end of the predecessor, for less than a stop may take: one that waits for a
// connection is late.
func (p *keptProcess) wantMoved(atLeast int) {
	p.t.Helper()
	waits := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) { // polls
		came := p.upgrades()[0]
		if came.Connections == nil {
			waits = came.Waiting
			continue
		}
		if k := came.Connections.Kept; k == nil || k.Moved < atLeast || len(k.Stayed) > 0 || k.Pause <= 0 {
			p.t.Errorf("the upgrade says %v", came)
		}
		return
	}
	p.t.Errorf("the predecessor still waits: %s", waits)
}

// wantWaiting waits until the predecessor says that it waits for this, among other
// things.
func (p *keptProcess) wantWaiting(text string) {
	p.t.Helper()
	last := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) { // polls
		if last = p.upgrades()[0].Waiting; strings.Contains(last, text) {
			return
		}
	}
	p.t.Errorf("the predecessor waits for %q, want %q", last, text)
}

// upgrades returns what the program knows of upgrades. The first is the one that it
// came from.
func (p *keptProcess) upgrades() (all []app.UpgradeRecord) {
	p.t.Helper()
	res, err := (&http.Client{Transport: transport}).Get(p.url("http", "upgrades"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		p.t.Fatal(err)
	}
	return all
}

func (p *keptProcess) stop() {
	p.t.Helper()
	if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, p.out); err != nil { // until every generation has ended
		p.t.Error(err)
	}
	p.over = true
}
