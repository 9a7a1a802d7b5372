//go:build unix

package compat

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const patience = 20 * time.Second

// process is one of the programs in all its generations, which share an output.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	dir string
	end chan error // of the first generation

	mu    sync.Mutex
	lines []string
	news  chan struct{}
	over  bool
}

// runs starts a program of the folder after in a new directory, where it is called
// shop.
func runs(t *testing.T, program string, change ...func(*process)) *process {
	t.Helper()
	p := &process{t: t, dir: t.TempDir(), end: make(chan error, 1), news: make(chan struct{})}
	if err := os.Symlink(binary(t, "after/"+program), filepath.Join(p.dir, "shop")); err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command("./shop")
	p.cmd.Dir = p.dir
	p.cmd.Env = append(os.Environ(), "SHOP_HTTP_ADDR=127.0.0.1:0", "SHOP_HTTP_INTERNAL_ADDR=127.0.0.1:0", "ADDR=127.0.0.1:0", "XDG_RUNTIME_DIR="+t.TempDir())
	for _, f := range change {
		f(p)
	}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = in, in
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.read(out)
	}()
	go func() { p.end <- p.cmd.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		for _, m := range pidOf.FindAllStringSubmatch(p.text(), -1) { // a successor has another group
			if pid := atoi(m[1]); pid > 1 {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		<-ended
		if t.Failed() {
			t.Log(p.text())
		}
	})
	return p
}

var pidOf = regexp.MustCompile(`\bready\b.*"pid":\s*(\d+)`)

func atoi(s string) (n int) { _, _ = fmt.Sscan(s, &n); return n }

func (p *process) read(out io.ReadCloser) {
	defer out.Close()
	for s := bufio.NewScanner(out); s.Scan(); {
		p.mu.Lock()
		p.lines = append(p.lines, s.Text())
		close(p.news)
		p.news = make(chan struct{})
		p.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	close(p.news)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// await returns the first group of a line of output.
func (p *process) await(pattern string) string {
	p.t.Helper()
	re, timeout := regexp.MustCompile(pattern), time.After(patience)
	for seen := 0; ; {
		p.mu.Lock()
		lines, news, over := p.lines, p.news, p.over
		p.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if m := re.FindStringSubmatch(lines[seen]); m != nil {
				return m[len(m)-1]
			}
		}
		if over {
			p.t.Fatalf("ended without %q", pattern)
		}
		select {
		case <-news:
		case <-timeout:
			p.t.Fatalf("waited in vain for %q", pattern)
		}
	}
}

// generation waits until generation n is ready, and returns its process id.
func (p *process) generation(n int) int {
	p.t.Helper()
	line := p.await(fmt.Sprintf(`(.*\bready\b.*"generation":\s*%d\b.*)`, n))
	m := pidOf.FindStringSubmatch(line)
	if m == nil {
		p.t.Fatalf("no process id in %s", line)
	}
	return atoi(m[1])
}

// second waits until the successor is alone, and returns its process id.
func (p *process) second() int {
	p.t.Helper()
	pid := p.generation(2)
	p.await(`predecessor has ended.*"generation":\s*2\b`)
	return pid
}

func (p *process) signal(pid int, sig syscall.Signal) {
	p.t.Helper()
	if pid <= 1 { // a whole group
		p.t.Fatalf("no process id: %d", pid)
	}
	if err := syscall.Kill(pid, sig); err != nil {
		p.t.Fatal(err)
	}
}

// ends waits for the last generation, and for the exit code of the first.
func (p *process) ends() {
	p.t.Helper()
	if err := <-p.end; err != nil {
		p.t.Errorf("the first generation: %v", err)
	}
	for timeout := time.After(patience); ; {
		p.mu.Lock()
		news, over := p.news, p.over
		p.mu.Unlock()
		if over {
			return
		}
		select {
		case <-news:
		case <-timeout:
			p.t.Fatal("it does not end")
		}
	}
}

// serves requests a page on a connection that is kept.
func (p *process) serves(c *http.Client, url string) {
	p.t.Helper()
	res, err := c.Get(url + "/")
	if err != nil {
		p.t.Error(err)
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Close {
		p.t.Errorf("got %v, close %v", res.Status, res.Close)
	}
}

// oneConnection is a client that has one connection, and never opens another.
func oneConnection(t *testing.T, network, addr string) *http.Client {
	t.Helper()
	nc, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	dials := 0
	return &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		if dials++; dials > 1 {
			return nil, fmt.Errorf("the connection was closed, and there is no other")
		}
		return nc, nil
	}}}
}

func (p *process) addr(server string) string {
	p.t.Helper()
	return p.await(fmt.Sprintf(`\bready\b.*"%s":\s*"([^"]+)"`, server))
}

func TestProgramFromShutdownRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "shutdown")
	pid := p.generation(1)
	addr := p.addr("http")
	p.serves(oneConnection(t, "tcp", addr), "http://"+addr)
	p.signal(pid, syscall.SIGTERM)
	p.ends()
}

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

func TestProgramWithSeveralServersRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "several")
	first := p.generation(1)
	kept := map[string]*http.Client{}
	for _, server := range []string{"http", "http.internal"} {
		addr := p.addr(server)
		kept[addr] = oneConnection(t, "tcp", addr)
		p.serves(kept[addr], "http://"+addr)
	}
	p.signal(first, syscall.SIGUSR2)
	second := p.second()
	if len(kept) != 2 {
		t.Errorf("got addresses %v, want two", kept)
	}
	for addr, c := range kept {
		p.serves(c, "http://"+addr)
	}
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

func TestProgramFromMannersRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "manners")
	p.generation(1)
	res, err := http.Post("http://"+p.addr("http")+"/close", "", nil)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("got %v, %v", res, err)
	} else {
		res.Body.Close()
	}
	p.ends()
}

func TestProgramFromOryRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "ory")
	pid := p.generation(1)
	p.signal(pid, syscall.SIGTERM)
	p.await("ended: 0")
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

// Its actors run beside the server; the one that dies is started again.
func TestProgramFromRunRuns(t *testing.T) {
	t.Parallel()
	p := runs(t, "run")
	pid := p.generation(1)
	p.await("mails sent: 1")
	p.await("feed.*restarts|the feed has ended")
	p.signal(pid, syscall.SIGTERM)
	p.await("deregistered")
	p.ends()
}
