//go:build unix

package e2e

import (
	"bufio"
	"fmt"
	"io"
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

// patience is how long anything may take before the test gives up. Nothing is
// measured by it.
const patience = 30 * time.Second

// service is todo on one address, over all its lives and generations.
type service struct {
	dir, binary, addr string
	pid               int           // of the generation that serves
	gone              chan struct{} // closed when no generation of this life is left

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
	r, w, err := os.Pipe() // which the next generations inherit, so that its end is the end of them all
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(s.binary)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "TODO_HTTP_ADDR="+s.addr, "TODO_HTTP_LINGER=200ms")
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	gone, from := make(chan struct{}), s.lines()
	s.gone = gone
	go s.read(r, gone)
	t.Cleanup(func() {
		select {
		case <-gone:
		default:
			syscall.Kill(s.pid, syscall.SIGKILL)
			cmd.Process.Kill()
		}
		cmd.Wait()
	})
	s.pid = cmd.Process.Pid
	s.await(t, from, `"ready"`)
}

func (s *service) read(log io.ReadCloser, gone chan struct{}) {
	defer close(gone)
	defer log.Close()
	for lines := bufio.NewScanner(log); lines.Scan(); {
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

// await waits for a line of the log, from line from on, that contains one of the
// texts, and returns it.
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

// signal sends sig to the generation that serves.
func (s *service) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(s.pid, sig); err != nil {
		t.Fatal(err)
	}
}

// stop ends this life, and checks that it was a clean end.
func (s *service) stop(t *testing.T) {
	t.Helper()
	from := s.lines()
	s.signal(t, syscall.SIGTERM)
	select {
	case <-s.gone:
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	s.await(t, from, "exit code 0")
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

// pidOf finds the pid in a line of the log.
func pidOf(t *testing.T, line string) (pid int) {
	t.Helper()
	_, rest, _ := strings.Cut(line, `"pid":`)
	if _, err := fmt.Sscan(strings.SplitN(rest, ",", 2)[0], &pid); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return pid
}
