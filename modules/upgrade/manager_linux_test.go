package upgrade

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// systemd kills a main process that is not its own child at the moment when it
// tells it to stop. Here this test is the manager.
func TestSuccessorOfAServiceIsAChildOfTheManager(t *testing.T) {
	r := setUp(t).start(func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "NOTIFY_SOCKET=@nobody") })
	for gen := 2; gen < 4; gen++ {
		r.upgrade()
		pid := r.snapshot().PID
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("PPid:\t%d\n", os.Getpid()); !strings.Contains(string(status), want) {
			t.Errorf("generation %d is not a child of the manager:\n%s", gen, status)
		}
	}
	r.stop()
}

func TestSuccessorOfAServiceThatEndsIsNoticed(t *testing.T) {
	r := setUp(t).start(func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "NOTIFY_SOCKET=@nobody") })
	before := r.settled()
	r.remove("app")
	if err := os.WriteFile(filepath.Join(r.dir, "app"), []byte("#!/bin/sh\nexit 7\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if why := r.refused(); !strings.Contains(why, "it ended") {
		t.Errorf("got %q", why)
	}
	r.wantAsBefore(before)
	r.stop()
}
