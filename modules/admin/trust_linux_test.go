package admin

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// strangerAt starts a process of the user nobody that listens at path, in a
// directory that it has created.
func strangerAt(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can run a process as another user")
	}
	cmd := exec.Command(copyForOthers(t))
	cmd.Dir = "/"
	cmd.Env = []string{listeningAs + "=" + path}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "listening\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	return cmd
}

// Another user creates the directory in /tmp before the service does, and answers
// there.
func TestSocketOfAnotherUserIsNotUsed(t *testing.T) {
	t.Setenv("RUNTIME_DIRECTORY", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
	tmp := shortDir(t)
	t.Setenv("TMPDIR", tmp)
	dir := filepath.Join(tmp, fmt.Sprintf("test-%d", os.Geteuid()))
	if err := errors.Join(os.Chmod(tmp, 0o777|os.ModeSticky), os.Mkdir(dir, 0o755), os.Chown(dir, 65534, 65534)); err != nil {
		t.Skip("only root can give a directory away:", err)
	}
	strangerAt(t, filepath.Join(dir, socketName))
	_, err := Find(t.Context(), "test", Config{})
	if !errors.Is(err, ErrStranger) || !strings.Contains(err.Error(), "user id 65534") {
		t.Errorf("got %v, want ErrStranger with the user", err)
	}
}

// The directory belongs to the service, but the socket in it does not.
func TestStrangerBehindATrustedPathIsNotUsed(t *testing.T) {
	dir := shortDir(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	stranger := strangerAt(t, path)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Find(t.Context(), "test", Config{Addr: path})
	if !errors.Is(err, ErrStranger) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d", stranger.Process.Pid)) {
		t.Errorf("got %v, want ErrStranger with the process", err)
	}
}

func TestStoppedProcessIsNamed(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = []string{listeningAs + "=" + path}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus // known when every thread has stopped
	if _, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
		t.Fatalf("got %v, %v, want a process that is stopped", status, err)
	}
	_, err = Find(t.Context(), "test", Config{Addr: path})
	if want := fmt.Sprintf("pid %d is stopped", cmd.Process.Pid); !errors.Is(err, ErrNotAnswering) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The queue of a process that is stopped for long is full; the kernel refuses a
// connection that does not wait.
func TestProcessWhoseQueueIsFullIsNotAnswering(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	for {
		nc, err := net.Dial("unix", path)
		if err != nil {
			break
		}
		defer nc.Close()
	}
	_, err = Find(t.Context(), "test", Config{Addr: path})
	if !errors.Is(err, ErrNotAnswering) || !strings.Contains(err.Error(), "accepts no connection") {
		t.Errorf("got %v, want ErrNotAnswering", err)
	}
}

// An answer that never ends is not read for ever.
func TestAnswerWithoutAnEndIsRefused(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.URL.Path != "/livez" {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(ln) }()
	defer func() { server.Close(); <-ended }()
	c, err := Find(t.Context(), "test", Config{Addr: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), "/v1/status", new([]byte)); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("got %v", err)
	}
}
