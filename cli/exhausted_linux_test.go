package cli_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A process without descriptors still answers its operator.
func TestProcessWithoutDescriptorsAnswers(t *testing.T) {
	t.Parallel()
	s := serviceWithOutput(t)
	s.awaitLine(`"msg":"ready"`)
	s.status()
	free := 3 // the lowest number that is not in use
	for {
		if _, err := os.Lstat("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/fd/" + strconv.Itoa(free)); err != nil {
			break
		}
		free++
	}
	limit := unix.Rlimit{Cur: uint64(free), Max: uint64(free)}
	if err := unix.Prlimit(s.cmd.Process.Pid, unix.RLIMIT_NOFILE, &limit, nil); err != nil {
		t.Skip("limits of another process cannot be set here:", err)
	}
	for range 3 {
		if got := s.status().State; got != "ready" {
			t.Errorf("status: got %s", got)
		}
	}
	if out, err := s.command("reload").CombinedOutput(); err != nil || !strings.Contains(string(out), "reload") {
		t.Errorf("reload: %v: %s", err, out)
	}
	if out, err := s.command("stop").CombinedOutput(); err != nil {
		t.Errorf("stop: %v: %s", err, out)
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
