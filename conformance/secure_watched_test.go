//go:build unix

package conformance

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// watched is a foreign client that runs.
type watched struct {
	end  func()
	stop chan struct{}

	mu         sync.Mutex
	generation int
	answers    int
	updates    int // KeyUpdates
	addrs      map[string]bool
	proto      string
	err        string
	ended      bool
}

func watch(t *testing.T, f foreign, url string) *watched {
	t.Helper()
	argv := f.argv(url)
	cmd := exec.Command(argv[0], argv[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{addrs: map[string]bool{}, stop: make(chan struct{})}
	if f.stdin != nil {
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		go f.stdin(in, w)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() { defer close(read); w.read(out) }()
	w.end = sync.OnceFunc(func() {
		w.mu.Lock()
		w.ended = true
		w.mu.Unlock()
		close(w.stop)
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	t.Cleanup(w.end)
	return w
}

func (w *watched) read(out io.Reader) {
	for s := bufio.NewScanner(out); s.Scan(); {
		var gen int
		var addr, proto string
		line := s.Text()
		w.mu.Lock()
		if _, err := fmt.Sscanf(line, "%d %s %s", &gen, &addr, &proto); err == nil && strings.HasPrefix(proto, "HTTP/") {
			w.generation, w.addrs[addr], w.proto = gen, true, proto
			w.answers++
		} else if line == "KEYUPDATE" {
			w.updates++
		} else if strings.Contains(strings.ToLower(line), "error") && w.err == "" && !w.ended && !strings.Contains(line, "verify") && !strings.Contains(line, "Verif") {
			w.err = line
		}
		w.mu.Unlock()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended && w.err == "" {
		w.err = "it has ended"
	}
}

// seen returns what it has written so far.
func (w *watched) seen() (answers, updates int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers, w.updates
}

// until waits for a condition, or for the end.
func (w *watched) until(ok func() bool) {
	for !ok() {
		select {
		case <-w.stop:
			return
		case <-time.After(time.Millisecond): // polls what another process says
		}
	}
}

// await waits until the generation has answered it.
func (w *watched) await(t *testing.T, name string, generation int) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) { // polls what another process says
		w.mu.Lock()
		gen, err := w.generation, w.err
		w.mu.Unlock()
		if gen >= generation {
			return
		}
		if err != "" || time.Now().After(end) {
			t.Errorf("%s: at generation %d, waits for %d: %s", name, gen, generation, err)
			return
		}
	}
}
