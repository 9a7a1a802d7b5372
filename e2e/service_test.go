//go:build unix

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take before the test gives up. It measures
// nothing.
const patience = 30 * time.Second

// service is a shop with all its generations.
type service struct {
	t    *testing.T
	dir  string
	addr string
	env  []string
	gone chan struct{} // closed when no generation is left
	load sync.WaitGroup
	stop context.CancelFunc // of the load

	mu  sync.Mutex
	log strings.Builder
}

// start runs a shop with that configuration until it is ready.
func start(t *testing.T, conf string, env ...string) *service {
	t.Helper()
	dir, err := os.MkdirTemp("", "shop") // short, for the socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, "shop"))
	}
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, dir: dir, addr: ln.Addr().String(), gone: make(chan struct{})}
	ln.Close()
	s.env = append(os.Environ(), append(env, "E2E_SHOP=1", "RUNTIME_DIRECTORY="+dir, "SHOP_HTTP_ADDR="+s.addr)...)
	s.write("shop.yaml", conf)

	r, w, err := os.Pipe() // which the next generations inherit, so that its end is the end of them all
	if err != nil {
		t.Fatal(err)
	}
	cmd := s.command("run")
	cmd.Stdout, cmd.Stderr = w, w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	go s.read(r, ready)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	t.Cleanup(func() {
		s.stop()
		s.load.Wait()
		_ = cmd.Process.Kill()
		select {
		case <-s.gone:
		default: // the last generation that has said that it is ready
			if all := regexp.MustCompile(`"msg":"ready".*"pid":(\d+)`).FindAllStringSubmatch(s.text(), -1); len(all) > 0 {
				pid, _ := strconv.Atoi(all[len(all)-1][1])
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		_ = cmd.Wait()
		<-s.gone
		if strings.Contains(s.text(), "DATA RACE") {
			t.Error(s.text())
		}
	})
	select {
	case <-ready:
	case <-s.gone:
		t.Fatal(s.text())
	case <-time.After(patience):
		t.Fatal("it is not ready: " + s.text())
	}
	s.load.Go(func() { s.visit(ctx) })
	return s
}

func (s *service) read(r io.ReadCloser, ready chan struct{}) {
	defer close(s.gone)
	defer r.Close()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		s.mu.Lock()
		s.log.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		if ready != nil && strings.Contains(lines.Text(), `"msg":"ready"`) {
			close(ready)
			ready = nil
		}
	}
}

func (s *service) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *service) command(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.dir, "shop"), args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

// write replaces a file of the shop's directory in one step.
func (s *service) write(name, text string) {
	s.t.Helper()
	part := filepath.Join(s.dir, name+".part")
	err := os.WriteFile(part, []byte(text), 0o600)
	if err == nil {
		err = os.Rename(part, filepath.Join(s.dir, name))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// page runs the command page, and returns the address that it prints.
func (s *service) page(args ...string) string {
	s.t.Helper()
	cmd := s.command(append([]string{"page", "--json"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	var said struct{ URL string }
	if err := json.NewDecoder(out).Decode(&said); err != nil {
		s.t.Fatal(err)
	}
	return said.URL
}

// visit makes a little traffic, so that there is something to see.
func (s *service) visit(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		if resp, err := http.Get("http://" + s.addr + "/items/7"); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		_ = took(ctx, time.Duration(5+n%40)*time.Millisecond)
	}
}

// checkout begins a request that lasts until the file "pay" is there.
func (s *service) checkout() (paid <-chan bool) {
	done := make(chan bool, 1)
	s.load.Go(func() {
		resp, err := http.Post("http://"+s.addr+"/orders/4711/checkout", "text/plain", nil)
		if err == nil {
			resp.Body.Close()
		}
		done <- err == nil && resp.StatusCode == http.StatusOK
	})
	return done
}

func (s *service) remove(name string) {
	s.t.Helper()
	if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
		s.t.Fatal(err)
	}
}
