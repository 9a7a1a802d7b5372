package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A release is a directory, and the path of the program leads through a symlink to
// the current one. The old release is removed before the upgrade.
func TestSymlinkedReleaseIsFollowed(t *testing.T) {
	dir := t.TempDir()
	for _, release := range []string{"1", "2", "3"} {
		if err := os.MkdirAll(filepath.Join(dir, "releases", release), 0o755); err != nil {
			t.Fatal(err)
		}
		copyProgram(t, filepath.Join(dir, "releases", release, "echo"))
	}
	point := func(release string) {
		t.Helper()
		next := filepath.Join(dir, "next")
		if err := os.Symlink(filepath.Join("releases", release), next); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, filepath.Join(dir, "current")); err != nil {
			t.Fatal(err)
		}
	}
	point("1")
	cmd := exec.Command("current/echo")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ECHO_HTTP_ADDR=127.0.0.1:0", "XDG_RUNTIME_DIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0")
	p, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	for n, release := range []string{"1", "2", "3"} {
		if n > 0 {
			point(release)
			if err := os.RemoveAll(filepath.Join(dir, "releases", fmt.Sprint(n))); err != nil {
				t.Fatal(err)
			}
			pid, err := p.generation(n)
			if err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(pid, syscall.SIGUSR2); err != nil {
				t.Fatal(err)
			}
		}
		pid, err := p.generation(n + 1)
		if err == nil && n > 0 {
			_, err = p.await(regexp.MustCompile(fmt.Sprintf(`the predecessor has ended.*"generation":\s*%d\b`, n+1)))
		}
		if err != nil {
			t.Fatal(err, p.text())
		}
		if n == 2 {
			defer syscall.Kill(pid, syscall.SIGTERM)
		}
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		if want := filepath.Join(dir, "releases", release, "echo"); err != nil || exe != want {
			t.Errorf("generation %d runs %s, %v, want %s", n+1, exe, err, want)
		}
	}
}

// Process 1 of a container, which is a PID namespace, refuses an upgrade and says
// what to do instead; it stops in order.
func TestProcessOneRefusesUpgrades(t *testing.T) {
	unshare := unshareProcesses(t)
	dir := t.TempDir()
	copyProgram(t, filepath.Join(dir, "echo"))
	cmd := exec.Command(unshare[0], append(unshare[1:], filepath.Join(dir, "echo"))...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ECHO_HTTP_ADDR=127.0.0.1:0", "XDG_RUNTIME_DIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0")
	p, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	if pid, err := p.generation(1); err != nil || pid != 1 {
		t.Fatalf("got process %d, %v, want 1\n%s", pid, err, p.text())
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	inside, err := strconv.Atoi(strings.TrimSpace(string(children))) // its process id outside
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(inside, syscall.SIGUSR2); err != nil {
		t.Fatal(err)
	}
	if _, err := p.await(regexp.MustCompile(`upgrade refused.*process 1 of a container.*ECHO_UPGRADE_SUPERVISE=true.*roll the pod`)); err != nil {
		t.Error(err, p.text())
	}
	if err := syscall.Kill(inside, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code, err := p.exit(); err != nil || code != 0 {
		t.Errorf("got exit code %d, %v, want 0\n%s", code, err, p.text())
	}
}
