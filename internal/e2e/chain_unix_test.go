//go:build unix

package e2e_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var upgrades = flag.Int("upgrades", 20, "how many upgrades each test under load makes; 100 proves the promise")

// chain is a program that is upgraded again and again under load.
type chain struct {
	t             *testing.T
	p             *process
	network, addr string
	sockets       []net.Addr  // one for each client in turn; none: all use addr
	tls           *tls.Config // of clients; nil: without
	dir           string

	upgrades int
	ask      func(pid, generation int) error // for an upgrade to the generation
	finish   func(pid int)                   // asks the last generation to stop

	requests, dials atomic.Int64
	stop            chan struct{}
	clients         sync.WaitGroup
}

func startChain(t *testing.T, env ...string) *chain {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "echo")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	return startChainOf(t, exec.Command(program), dir, env...)
}

// startChainOf starts a chain with a command that runs the program echo in dir.
func startChainOf(t *testing.T, cmd *exec.Cmd, dir string, env ...string) *chain {
	t.Helper()
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ECHO_HTTP_ADDR=127.0.0.1:0", "RUNTIME_DIRECTORY="+dir, "GORACE=atexit_sleep_ms=0")
	cmd.Env = append(cmd.Env, env...)
	p, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	url, err := p.url("")
	if err != nil {
		t.Fatal(err, p.text())
	}
	return &chain{t: t, p: p, network: "tcp", addr: strings.TrimPrefix(url, "http://"), dir: dir, stop: make(chan struct{}),
		upgrades: *upgrades, ask: func(pid, _ int) error { return syscall.Kill(pid, syscall.SIGUSR2) }}
}

// upgradeUnderLoad runs the clients, upgrades, and ends everything.
func (c *chain) upgradeUnderLoad(clients int, client func(id int)) {
	c.t.Helper()
	for id := range clients {
		c.clients.Go(func() { client(id) })
	}
	pid := c.p.cmd.Process.Pid
	for n := 2; n <= c.upgrades+1; n++ {
		before := c.requests.Load()
		if err := c.ask(pid, n); err != nil {
			c.t.Fatal(err)
		}
		next, err := c.p.generation(n)
		if err == nil {
			_, err = c.p.await(regexp.MustCompile(fmt.Sprintf(`the predecessor has ended.*"generation":\s*%d\b`, n)))
		}
		if err != nil {
			c.t.Errorf("upgrade to generation %d: %v\n%s", n, err, c.p.text())
			break
		}
		pid = next
		for end := time.Now().Add(patience); c.requests.Load() < before+int64(clients) && time.Now().Before(end) && !c.t.Failed(); {
			<-time.After(time.Millisecond) // every client has had a turn
		}
	}
	close(c.stop)
	c.clients.Wait()
	if c.finish != nil {
		c.finish(pid)
	} else {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	if code, err := c.p.exit(); err != nil || code != 0 {
		if c.finish == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		c.t.Errorf("the first generation: exit code %d, %v", code, err)
	}
	if n := strings.Count(c.p.text(), "exit code 0"); n != c.upgrades+1 {
		c.t.Errorf("%d generations ended clean, want %d\n%s", n, c.upgrades+1, c.p.text())
	}
	c.t.Logf("%d requests, %d connections, %d upgrades", c.requests.Load(), c.dials.Load(), c.upgrades)
}

func (c *chain) over() bool {
	select {
	case <-c.stop:
		return true
	default:
		return c.t.Failed()
	}
}

// raw is a client that never retries and never connects again: whatever goes
// wrong is an error. With cut, requests go out in pieces, some of them several
// at a time.
func (c *chain) raw(id int, think time.Duration, cut bool) {
	c.dials.Add(1)
	network, addr := c.network, c.addr
	if n := len(c.sockets); n > 0 {
		network, addr = c.sockets[id%n].Network(), c.sockets[id%n].String()
	}
	conn, err := net.Dial(network, addr)
	if err != nil {
		c.t.Error(err)
		return
	}
	defer func() { conn.Close() }()
	if c.tls != nil {
		conn = tls.Client(conn, c.tls)
	}
	in := bufio.NewReader(conn)
	for n := 0; !c.over(); n++ {
		_ = conn.SetDeadline(time.Now().Add(2 * patience))
		var bodies []string
		var out bytes.Buffer
		for i := range 1 + pick(cut, 4) {
			body := fmt.Sprintf("client %d request %d.%d", id, n, i)
			bodies = append(bodies, body)
			fmt.Fprintf(&out, "POST /%d HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n%s", n, len(body), body)
		}
		if err := send(conn, out.Bytes(), cut); err != nil {
			c.t.Errorf("client %d request %d: write: %v", id, n, err)
			return
		}
		for _, want := range bodies {
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				c.t.Errorf("client %d request %d: %v", id, n, err)
				return
			}
			got, err := io.ReadAll(res.Body)
			if err != nil || string(got) != want || res.Close {
				c.t.Errorf("client %d: got %q, %v, close %v, want %q", id, got, err, res.Close, want)
				return
			}
			c.requests.Add(1)
		}
		if think > 0 {
			<-time.After(rand.N(think)) // a client that thinks
		}
	}
}

func pick(yes bool, n int) int {
	if !yes {
		return 0
	}
	return rand.N(n)
}

// send writes b whole or, with cut, in two pieces: anywhere, at the end of a
// line, or within the first bytes.
func send(w io.Writer, b []byte, cut bool) error {
	at := 0
	switch pick(cut, 4) {
	case 1:
		at = rand.N(len(b))
	case 2:
		at = bytes.Index(b, []byte("\r\n")) + 2
	case 3:
		at = rand.N(6)
	}
	if at > 0 {
		if _, err := w.Write(b[:at]); err != nil {
			return err
		}
		<-time.After(rand.N(3 * time.Millisecond)) // a request that comes in pieces
	}
	_, err := w.Write(b[at:])
	return err
}
