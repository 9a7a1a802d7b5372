//go:build unix

package compat

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
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
