//go:build unix

package cli

import (
	"os/exec"
	"testing"
	"time"
)

// A process that has ended, but whose parent has not waited for it, counts as
// ended.
func TestAZombieIsNotAlive(t *testing.T) {
	cmd := exec.Command("cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !alive(cmd.Process.Pid) {
		t.Error("a process that reads is not alive")
	}
	stdin.Close()
	for end := time.Now().Add(10 * time.Second); alive(cmd.Process.Pid); time.Sleep(time.Millisecond) { // polls
		if time.Now().After(end) {
			t.Fatal("a zombie is alive")
		}
	}
	if err := cmd.Wait(); err != nil { // the parent waits only now
		t.Error(err)
	}
	if alive(cmd.Process.Pid) {
		t.Error("a process without an entry is alive")
	}
}
