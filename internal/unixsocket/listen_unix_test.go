//go:build unix

package unixsocket

import (
	"context"
	"errors"
	"fmt"
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

// shortDir is a temporary directory whose path leaves room for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "us")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// dead leaves the file of a socket behind, as a killed process does, made long
// enough ago.
func dead(t *testing.T, path string) {
	t.Helper()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	ln.Close()
	then := time.Now().Add(-time.Minute)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

func listen(t *testing.T, path string) net.Listener {
	t.Helper()
	ln, err := Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func TestDeadSocketIsReplaced(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	dead(t, path)
	listen(t, path)
	if nc, err := net.Dial("unix", path); err != nil {
		t.Error(err)
	} else {
		nc.Close()
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("got %v, %v, want the socket alone and no lock", left, err)
	}
}

func TestLiveSocketIsNamedAndStays(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	listen(t, path)
	_, err := Listen(t.Context(), "unix", path)
	var op *net.OpError
	if !errors.Is(err, ErrInUse) || !errors.Is(err, syscall.EADDRINUSE) || !errors.As(err, &op) {
		t.Errorf("got %v, want a net.OpError with ErrInUse and EADDRINUSE", err)
	}
	if want := fmt.Sprintf("pid %d", os.Getpid()); knowsPeers && !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := RemoveStale(t.Context(), "unix", path); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if Look(path) == nil {
		t.Error("its file is gone")
	}
}

func TestFileThatIsNotASocketStays(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), "unix", path); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("got %v", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "data" {
		t.Errorf("got %q, %v", data, err)
	}
}

// Between bind, which makes the file, and listen a process refuses connections.
func TestSocketBetweenBindAndListenStays(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		t.Fatal(err)
	}
	made := Look(path)
	late := time.AfterFunc(newlyMade/5, func() { _ = syscall.Listen(fd, 1) })
	defer late.Stop()
	if _, err := Listen(t.Context(), "unix", path); !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if !made.Same() {
		t.Error("its file was taken away")
	}
}

// Of many processes that start at once over a dead socket, one wins and is
// reachable.
func TestOneOfManyWins(t *testing.T) {
	for range 20 {
		path := filepath.Join(shortDir(t), "s")
		dead(t, path)
		var mu sync.Mutex
		var won []net.Listener
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				ln, err := Listen(t.Context(), "unix", path)
				if err != nil {
					if !errors.Is(err, syscall.EADDRINUSE) {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				defer mu.Unlock()
				won = append(won, ln)
			})
		}
		all.Wait()
		nc, err := net.Dial("unix", path)
		if err != nil || len(won) != 1 {
			t.Fatalf("%d have won; the path: %v", len(won), err)
		}
		nc.Close()
		won[0].Close()
	}
}

// hold takes the lock of path with flock(1), as user, until the test ends.
func hold(t *testing.T, target string, user uint32) *exec.Cmd {
	t.Helper()
	flock, err := exec.LookPath("flock")
	if err != nil {
		t.Skip("no flock(1) here")
	}
	cmd := exec.Command(flock, target, "sh", "-c", "echo held; exec cat")
	cmd.Dir = "/"
	if user != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// Another process of this user can hold the lock: the wait ends with the context,
// and the error names that process.
func TestHeldLockNamesItsHolder(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, "s")
	dead(t, path)
	if err := os.WriteFile(filepath.Join(dir, ".s.lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	hold(t, filepath.Join(dir, ".s.lock"), 0)
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	late := time.AfterFunc(50*time.Millisecond, func() { cancel(stopped) })
	defer late.Stop()
	_, err := Listen(ctx, "unix", path)
	if !errors.Is(err, stopped) {
		t.Errorf("got %v, want the cause of the context", err)
	}
	if _, procfs := os.Stat("/proc/locks"); procfs == nil && !strings.Contains(err.Error(), "held by pid ") {
		t.Errorf("got %v, want the holder's name", err)
	}
	begun := time.Now()
	if err := Look(path).Remove(); err != nil || Look(path) != nil {
		t.Errorf("at the end: got %v, want the file gone", err)
	}
	if took := time.Since(begun); took > whileReplacing/2 {
		t.Errorf("the end took %v, want it hardly delayed", took)
	}
}

// Another user can lock the directory, and cannot stand in the way.
func TestLockOfAnotherUserDoesNotCount(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run a process as another user")
	}
	dir := shortDir(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	dead(t, path)
	hold(t, dir, 65534)
	listen(t, path)

	// In a directory that all may write to, the other user makes the lock's file
	// first.
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "two")
	dead(t, path)
	lockFile := filepath.Join(dir, ".two.lock")
	if err := errors.Join(os.WriteFile(lockFile, nil, 0o666), os.Chmod(lockFile, 0o666), os.Chown(lockFile, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	hold(t, lockFile, 65534)
	begun := time.Now()
	listen(t, path)
	if took := time.Since(begun); took > whileReplacing/2 {
		t.Errorf("the start took %v, want no wait", took)
	}
}

func TestFileIsRemovedOnlyIfItIsStillTheSame(t *testing.T) {
	path := filepath.Join(shortDir(t), "s")
	dead(t, path)
	old := Look(path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	listen(t, path)
	if err := old.Remove(); err != nil || Look(path) == nil {
		t.Errorf("got %v, want the other's file to stay", err)
	}
	mine := Look(path)
	for range 2 {
		if err := mine.Remove(); err != nil || Look(path) != nil {
			t.Errorf("got %v, want it gone", err)
		}
	}
	if err := Look("@abstract").Remove(); err != nil {
		t.Errorf("without a file: %v", err)
	}
}
