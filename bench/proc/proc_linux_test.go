package proc

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func start(t *testing.T, script string) *Process {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	p, err := Start("/bin/sh", []string{"-c", script}, []string{"BENCH_X=7"}, null)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		Signal(p.PID, unix.SIGKILL)
		p.Wait(10 * time.Second)
	})
	return p
}

func TestExitCodes(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit $BENCH_X": 7, "kill -TERM $$": 128 + 15} {
		_, code, err := start(t, script).Wait(10 * time.Second)
		if err != nil || code != want {
			t.Errorf("%s: got %d, %v, want %d", script, code, err, want)
		}
	}
}

func TestGoneWaitsForTheExit(t *testing.T) {
	p := start(t, "exec sleep 60")
	if err := Signal(p.PID, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, err := Gone(p.PID, 10*time.Millisecond); !errors.Is(err, ErrAlive) {
		t.Fatalf("got %v, want %v", err, ErrAlive)
	}
	if !slices.Contains(Children(os.Getpid()), p.PID) || RSS(p.PID) == 0 {
		t.Errorf("children %v, memory %d of %d", Children(os.Getpid()), RSS(p.PID), p.PID)
	}
	Signal(p.PID, unix.SIGKILL)
	if _, err := Gone(p.PID, 10*time.Second); err != nil {
		t.Error(err)
	}
}

func TestFreeAddrIsOutOfTheWayOfConnections(t *testing.T) {
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	if addr < "127.0.0.1:20000" || addr >= "127.0.0.1:32000" {
		t.Errorf("got %s", addr)
	}
}
