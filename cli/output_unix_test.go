//go:build unix

package cli_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/admin"
)

// service is a running todo whose output goes to a FIFO.
type service struct {
	t      *testing.T
	cmd    *exec.Cmd
	env    []string
	fifo   string
	out    *os.File // the reading end
	ended  chan struct{}
	output *bufio.Scanner
}

// serviceWithOutput starts todo with those settings, and its standard output and
// error on a FIFO that the test reads.
func serviceWithOutput(t *testing.T, settings ...string) *service {
	t.Helper()
	dir, err := os.MkdirTemp("", "cli")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &service{t: t, fifo: filepath.Join(dir, "out"), ended: make(chan struct{})}
	if err := syscall.Mkfifo(s.fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if s.out, err = os.OpenFile(s.fifo, os.O_RDONLY|syscall.O_NONBLOCK, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.out.Close() })
	w, err := os.OpenFile(s.fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s.env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir, "HOME=" + dir, "RUNTIME_DIRECTORY=" + dir, "TODO_HTTP_ADDR=127.0.0.1:0"}, settings...)
	s.cmd = s.command()
	s.cmd.Stdout, s.cmd.Stderr = w, w
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(s.ended); _ = s.cmd.Wait() }()
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); <-s.ended })
	s.output = bufio.NewScanner(s.out)
	return s
}

// command is another todo with the same environment.
func (s *service) command(args ...string) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	return &exec.Cmd{Path: exe, Args: append([]string{"todo"}, args...), Env: s.env, Dir: filepath.Dir(s.fifo)}
}

// status returns the service's own status.
func (s *service) status() (st admin.Status) {
	s.t.Helper()
	out, err := s.command("status", "--json").Output()
	if err == nil {
		err = json.Unmarshal(out, &st)
	}
	if err != nil {
		s.t.Fatalf("status: %v: %s", err, out)
	}
	return st
}

// awaitLine reads until a line matches, and returns its first group.
func (s *service) awaitLine(re string) string {
	s.t.Helper()
	pattern := regexp.MustCompile(re)
	_ = s.out.SetReadDeadline(time.Now().Add(patience))
	for s.output.Scan() {
		if m := pattern.FindStringSubmatch(s.output.Text()); m != nil {
			return m[len(m)-1]
		}
	}
	s.t.Fatalf("no line that matches %s: %v", re, s.output.Err())
	return ""
}

// stuff fills the FIFO, so that each write of the service blocks.
func (s *service) stuff() {
	s.t.Helper()
	w, err := syscall.Open(s.fifo, syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { syscall.Close(w) })
	for _, size := range []int{4096, 1} { // the last ones find a page that is not full
		for err = nil; err == nil || errors.Is(err, syscall.EINTR); {
			_, err = syscall.Write(w, make([]byte, size))
		}
		if !errors.Is(err, syscall.EAGAIN) {
			s.t.Fatal(err)
		}
	}
}

func (s *service) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// end waits for the end and returns the exit code, -1 after a signal.
func (s *service) end() int {
	s.t.Helper()
	select {
	case <-s.ended:
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		s.t.Fatal("it does not end")
		return 0
	}
}

// The reader of the output goes away: head(1), Ctrl-C at tee(1), a journal that is
// restarted. The service goes on, reports it where it can, and stops as always.
func TestServiceOutlivesTheReaderOfItsOutput(t *testing.T) {
	t.Parallel()
	s := serviceWithOutput(t)
	url := "http://" + s.awaitLine(`"msg":"ready".*"http":"([^"]+)"`)
	s.out.Close()
	for range 3 {
		s.signal(syscall.SIGHUP) // each is a line in the log
		if out, err := s.command("reload").CombinedOutput(); err != nil {
			t.Fatalf("reload: %v: %s", err, out)
		}
	}
	st := s.status()
	metrics := map[string]float64{}
	for _, m := range st.Metrics {
		metrics[strings.Join(append([]string{m.Name}, m.Labels...), " ")] = m.Value
	}
	if got := metrics["log_lines_lost_total"]; got < 3 {
		t.Errorf("log_lines_lost_total is %v, want the lines of the reloads", got)
	}
	if got := metrics["output_broken stream standard error"]; got != 1 {
		t.Errorf("output_broken is %v: %v", got, metrics)
	}
	text, err := s.command("status").Output()
	if err != nil || !strings.Contains(string(text), "standard error has no reader") {
		t.Errorf("got %v, %s", err, text)
	}
	resp, err := http.Get(url + "/hello")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(body) != "hello\n" {
		t.Errorf("got %q", body)
	}
	s.signal(syscall.SIGTERM)
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// Nothing reads the output, and its pipe is full: every stop ends in its time, and
// the third signal ends it at once.
func TestFullPipeDoesNotHoldTheStop(t *testing.T) {
	t.Parallel()
	const budget = 3 * time.Second
	const grace = 6 * time.Second // for a busy machine; without a bound it never ends
	for name, c := range map[string]struct {
		env     []string
		signals int
		codes   []int
	}{
		"clean":                     {nil, 1, []int{0}},
		"a hook fails":              {[]string{"STUCK=1"}, 1, []int{1}},
		"a hook logs":               {[]string{"LOG_IN_STOP=1"}, 1, []int{1}},
		"a hook prints":             {[]string{"PRINT_IN_STOP=1"}, 1, []int{1}},
		"the second signal hurries": {[]string{"SLOW_STOP=500ms"}, 2, []int{0, 1}},
		"the third signal exits":    {[]string{"PRINT_IN_STOP=1", "TODO_STOP_TIMEOUT=1h"}, 3, []int{143}},
	} {
		for _, level := range []string{"debug", "info", "error"} {
			t.Run(name+" at "+level, func(t *testing.T) {
				t.Parallel()
				s := serviceWithOutput(t, append([]string{"TODO_LOG_LEVEL=" + level, "TODO_STOP_TIMEOUT=" + budget.String()}, c.env...)...)
				if level != "error" {
					s.awaitLine(`"msg":"ready"`)
				} else {
					s.awaitLine("built")
					for s.command("status").Run() != nil && !t.Failed() && t.Context().Err() == nil { // nothing listens yet
					}
					for s.status().State != "ready" {
					}
				}
				s.stuff()
				began := time.Now()
				for i := range c.signals {
					if i > 0 {
						time.Sleep(300 * time.Millisecond) // a person's next signal, not an echo
					}
					// Two kinds: of two pending signals of one kind the kernel
					// keeps one.
					s.signal([]os.Signal{syscall.SIGTERM, syscall.SIGINT}[i%2])
				}
				if code := s.end(); !slices.Contains(c.codes, code) {
					t.Errorf("exit code %d, want one of %v", code, c.codes)
				}
				if took := time.Since(began); took > budget+time.Second+grace {
					t.Errorf("it took %v, with %v for the stop", took, budget)
				}
			})
		}
	}
}
