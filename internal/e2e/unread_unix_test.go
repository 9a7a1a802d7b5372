//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// fill writes to a pipe until nothing fits any more.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	fd := int(w.Fd())
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<16); len(block) > 0; {
		if _, err := syscall.Write(fd, block); err != nil { // EAGAIN
			block = block[:len(block)/2]
		}
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
}

// startUnread starts the program, with its output in a pipe that nobody reads. It
// returns the end of the pipe to fill, and a function that waits until the program
// has made a mark.
func startUnread(t *testing.T, full bool, env ...string) (cmd *exec.Cmd, w *os.File, await func(mark string)) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "unread")); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	if full {
		fill(t, w)
	}
	cmd = exec.Command(filepath.Join(dir, "unread"))
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, w, w
	cmd.Env = append(os.Environ(), append(env, "UNREAD_HTTP_ADDR=127.0.0.1:0", "UNREAD_STOP_TIMEOUT=2s", "RUNTIME_DIRECTORY="+dir, "GORACE=atexit_sleep_ms=0")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, w, func(mark string) {
		t.Helper()
		for end := time.Now().Add(patience); ; <-time.After(time.Millisecond) { // its output says nothing
			if _, err := os.Stat(filepath.Join(dir, mark)); err == nil {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("it is not %s", mark)
			}
		}
	}
}

// wait returns the exit code, 128+n for a signal n.
func wait(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	overdue := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer overdue.Stop()
	_ = cmd.Wait()
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

// again sends the signal as another wish: the same one counts once for 100ms.
func again(t *testing.T, cmd *exec.Cmd, sig syscall.Signal) {
	t.Helper()
	<-time.After(150 * time.Millisecond) // escalation.sameWish, which is real time
	if err := cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// The second signal cuts the waiting for clients; what blocks on the output costs
// none of the time that is left, and the stop is clean.
func TestHurriedStopIsCleanWhenTheOutputIsNotRead(t *testing.T) {
	for _, level := range []string{"error", "info", "debug"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			cmd, w, await := startUnread(t, false, "UNREAD_LOG_LEVEL="+level)
			await("ready")
			fill(t, w)
			again(t, cmd, syscall.SIGTERM)
			again(t, cmd, syscall.SIGTERM)
			await("last")
			if code := wait(t, cmd); code != 0 {
				t.Errorf("exit code %d, want 0", code)
			}
		})
	}
}

// The third signal ends the process also when the application's fx logger blocks:
// from the beginning, when the second is enough, and from when it is ready.
func TestThirdSignalEndsAProgramWhoseFxLoggerBlocks(t *testing.T) {
	for _, full := range []bool{true, false} {
		t.Run(fmt.Sprintf("full=%v", full), func(t *testing.T) {
			t.Parallel()
			cmd, w, await := startUnread(t, full, "UNREAD_FX=1", "UNREAD_STUCK=1")
			if !full {
				await("ready")
				fill(t, w)
			}
			for range 3 {
				again(t, cmd, syscall.SIGTERM)
			}
			if code := wait(t, cmd); code != 128+int(syscall.SIGTERM) {
				t.Errorf("exit code %d, want %d", code, 128+int(syscall.SIGTERM))
			}
		})
	}
}

// An error that says more than the cancellation is a failure: the exit code is 1.
func TestTaskThatWrapsTheCancellationInWordsFails(t *testing.T) {
	cmd, _, await := startUnread(t, true, "UNREAD_TASK=1")
	await("ready")
	again(t, cmd, syscall.SIGTERM)
	if code := wait(t, cmd); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
}
