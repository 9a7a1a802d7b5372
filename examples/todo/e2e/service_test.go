//go:build unix

package e2e

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take before the test gives up. Nothing is measured by it.
const patience = 30 * time.Second

// service is todo as a process, on one address over all its lives.
type service struct {
	dir, binary, addr string
	cmd               *exec.Cmd

	mu   sync.Mutex
	log  []string
	more chan struct{} // closed by the next line of the log
}

// build compiles todo.
func build(t *testing.T) *service {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "todo")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // an address that is free, and stays so between two lives
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return &service{dir: dir, binary: binary, addr: l.Addr().String(), more: make(chan struct{})}
}

// start begins a life of the service and waits until it is ready.
func (s *service) start(t *testing.T) {
	t.Helper()
	s.cmd = exec.Command(s.binary)
	s.cmd.Dir = s.dir
	s.cmd.Env = append(os.Environ(), "TODO_HTTP_ADDR="+s.addr, "TODO_HTTP_LINGER=200ms")
	out, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout = s.cmd.Stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cmd := s.cmd
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	from := s.lines()
	go s.read(bufio.NewScanner(out))
	s.await(t, from, `"ready"`)
}

func (s *service) read(lines *bufio.Scanner) {
	for lines.Scan() {
		s.mu.Lock()
		s.log = append(s.log, lines.Text())
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
	}
}

func (s *service) lines() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.log)
}

// await waits for a line of the log, from line from on, that contains one of the texts, and returns it.
func (s *service) await(t *testing.T, from int, texts ...string) string {
	t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		for ; from < len(s.log); from++ {
			for _, text := range texts {
				if strings.Contains(s.log[from], text) {
					s.mu.Unlock()
					return s.log[from]
				}
			}
		}
		more := s.more
		s.mu.Unlock()
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("the log never said any of %q:\n%s", texts, strings.Join(s.log, "\n"))
		}
	}
}

func (s *service) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// stop ends the life and checks that it was a clean end.
func (s *service) stop(t *testing.T) {
	t.Helper()
	s.signal(t, syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("got %v, want exit code 0", err)
	}
}

// configure replaces todo.yaml in one step.
func (s *service) configure(t *testing.T, text string) {
	t.Helper()
	part := filepath.Join(s.dir, "part")
	if err := os.WriteFile(part, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(part, filepath.Join(s.dir, "todo.yaml")); err != nil {
		t.Fatal(err)
	}
}
