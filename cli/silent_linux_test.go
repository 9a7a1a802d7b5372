package cli_test

import (
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A service that is stopped (SIGSTOP) is there and silent: every command says so
// with code 7, also when the queue of its socket is full, as after a while of
// requests that nobody accepts. The requests that it got meanwhile do it no harm.
func TestServiceThatDoesNotAnswerIsCode7(t *testing.T) {
	t.Parallel()
	s := serviceWithOutput(t)
	s.awaitLine(`"msg":"ready"`)
	pid := s.cmd.Process.Pid
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus // known when every thread has stopped
	if _, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("got %v, %v, want a process that is stopped", status, err)
	}
	s.silent("is stopped (SIGSTOP)")
	queue := fillQueue(t, filepath.Join(filepath.Dir(s.fifo), "admin.sock"))
	s.silent("it accepts no connection")
	for _, nc := range queue {
		nc.Close()
	}
	if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := s.status().State; got != "ready" {
		t.Errorf("it goes on, and is %s", got)
	}
	if out, err := s.command("stop").CombinedOutput(); err != nil {
		t.Errorf("stop: %v: %s", err, out)
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// silent runs commands at the same time, each of which ends with code 7 and says
// why.
func (s *service) silent(why string) {
	s.t.Helper()
	var all sync.WaitGroup
	for _, command := range []string{"status", "reload", "stop"} {
		all.Go(func() {
			out, err := s.command(command).CombinedOutput()
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || exit.ExitCode() != 7 || !strings.Contains(string(out), why) {
				s.t.Errorf("%s: got %v and %s\nwant code 7 and %q", command, err, out, why)
			}
		})
	}
	all.Wait()
}

// fillQueue connects until the system refuses more (EAGAIN, connect(2)).
func fillQueue(t *testing.T, path string) (queue []net.Conn) {
	t.Helper()
	for {
		nc, err := net.Dial("unix", path)
		if errors.Is(err, syscall.EAGAIN) {
			return queue
		} else if err != nil {
			t.Skipf("the queue cannot be filled here, %d connections are possible: %v", len(queue), err)
		}
		t.Cleanup(func() { nc.Close() })
		queue = append(queue, nc)
	}
}
