//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// programEnv makes the test binary the program.
const programEnv = "LINES_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(programEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// patience is long enough for a busy machine.
const patience = 30 * time.Second

// Clients type the first half of a line before each upgrade and the second half
// after it, and others never stop typing. The process is replaced again and again,
// and each client sees its lines numbered in sequence on its one connection.
func TestNoLineAndNoCountIsLostOverUpgrades(t *testing.T) {
	p := start(t)
	slow, busy := p.dial(8), p.dial(8)
	stop := make(chan struct{})
	var typing sync.WaitGroup
	for _, c := range busy {
		typing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					c.line("never", " stops")
				}
			}
		})
	}
	for gen := 2; gen <= 6 && !t.Failed(); gen++ {
		for _, c := range slow {
			c.write("half of ")
		}
		p.upgrade(gen)
		for _, c := range slow {
			c.line("", "a line")
		}
	}
	close(stop)
	typing.Wait()
	for _, c := range append(slow, busy...) {
		if c.count < 5 {
			t.Errorf("a client got %d lines", c.count)
		}
	}
	p.stop()
}

// program is the process under test, whichever generation of it.
type program struct {
	t    *testing.T
	out  *bufio.Reader
	pid  int
	addr string
	over bool // every generation has ended
}

func start(t *testing.T) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), programEnv+"=1", "LINES_LISTEN=127.0.0.1:0")
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
	p := &program{t: t, out: bufio.NewReader(r)}
	t.Cleanup(func() {
		if !p.over {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
		_ = cmd.Wait()
		r.Close()
	})
	p.pid = cmd.Process.Pid
	p.await(1)
	return p
}

// await waits until a generation is ready.
func (p *program) await(generation int) {
	p.t.Helper()
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			p.t.Fatalf("generation %d: %v", generation, err)
		}
		var gen, pid int
		var addr string
		if _, err := fmt.Sscanf(line, "generation %d, process %d, listens on %s", &gen, &pid, &addr); err == nil && gen == generation {
			p.pid, p.addr = pid, addr
			return
		}
	}
}

// upgrade requests a new generation until there is one: the one before it may have
// to end first.
func (p *program) upgrade(generation int) {
	p.t.Helper()
	ready := make(chan struct{})
	old := p.pid
	go func() { defer close(ready); p.await(generation) }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		_ = syscall.Kill(old, syscall.SIGUSR2)
		select {
		case <-ready:
			return
		case <-tick.C:
		case <-p.t.Context().Done():
			return
		}
	}
}

func (p *program) stop() {
	p.t.Helper()
	if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, p.out); err != nil { // until every generation has ended
		p.t.Error(err)
	}
	p.over = true
}

// client checks that its lines are numbered in sequence.
type client struct {
	t *testing.T
	net.Conn
	r     *bufio.Reader
	count int
}

func (p *program) dial(n int) (all []*client) {
	p.t.Helper()
	for range n {
		c, err := net.Dial("tcp", p.addr)
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { c.Close() })
		all = append(all, &client{t: p.t, Conn: c, r: bufio.NewReader(c)})
	}
	return all
}

func (c *client) write(s string) {
	if _, err := io.WriteString(c, s); err != nil {
		c.t.Error(err)
	}
}

// line types the rest of a line, in two parts, and waits for the answer.
func (c *client) line(part, rest string) {
	_ = c.SetDeadline(time.Now().Add(patience))
	c.write(part)
	c.write(rest + "\n")
	got, err := c.r.ReadString('\n')
	c.count++
	if err != nil || !strings.HasPrefix(got, fmt.Sprintf("%d ", c.count)) || !strings.HasSuffix(got, rest+"\n") {
		c.t.Errorf("line %d: got %q, %v", c.count, got, err)
	}
}
