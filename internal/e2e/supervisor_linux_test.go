package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// unshareProcesses returns the command line that makes what follows process 1 of a
// PID namespace, as a container does.
func unshareProcesses(t *testing.T) []string {
	t.Helper()
	unshare := []string{"unshare", "--pid", "--fork", "--mount-proc", "--kill-child"}
	if exec.Command(unshare[0], append(unshare[1:], "true")...).Run() != nil {
		unshare = append(unshare, "--user", "--map-root-user")
		if out, err := exec.Command(unshare[0], append(unshare[1:], "true")...).CombinedOutput(); err != nil {
			t.Skipf("no PID namespaces here: %v, %s", err, out)
		}
	}
	return unshare
}

// children returns the process ids of the children of pid, and their states.
func children(t *testing.T, pid int) (pids []int, states string) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		text, _ := os.ReadFile(thread) // a thread may end
		for _, field := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child))
			if err != nil {
				continue // it has ended and was reaped
			}
			pids = append(pids, child)
			states += strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))[0]
		}
	}
	return pids, states
}

// mostMemory is what a supervisor may add to a container, in KB.
const mostMemory = 6 << 10

// privateMemory is how much memory a process does not share with any other, in KB;
// see proc_pid_smaps(5).
func privateMemory(t *testing.T, pid int) (kb int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^Private_(?:Clean|Dirty): +(\d+) kB$`).FindAllStringSubmatch(string(text), -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		kb += n
	}
	if kb == 0 {
		t.Fatalf("no private memory in\n%s", text)
	}
	t.Logf("the supervisor has %d KB of memory of which no other process has a page", kb)
	return kb
}

// Upgrades as process 1 of a container: the process id stays, nothing is lost, and
// nothing is left behind.
func TestSupervisorKeepsItsProcessIDThroughUpgrades(t *testing.T) {
	unshare := unshareProcesses(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "echo")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(unshare[0], append(unshare[1:], filepath.Join(dir, "echo"))...)
	c := startChainOf(t, cmd, dir, "ECHO_UPGRADE_SUPERVISE=true")
	supervisors, _ := children(t, cmd.Process.Pid)
	if len(supervisors) != 1 {
		t.Fatalf("unshare has the children %v, want one", supervisors)
	}
	supervisor := supervisors[0]
	c.ask = func(int, int) error {
		for end := time.Now().Add(patience); ; <-time.After(time.Millisecond) { // no event says that a process was reaped
			all, states := children(t, supervisor)
			if len(all) == 1 && !strings.Contains(states, "Z") {
				break
			}
			if time.Now().After(end) { // the predecessor should have ended and been reaped
				return fmt.Errorf("below the supervisor are %v in states %s, want one that lives", all, states)
			}
		}
		return syscall.Kill(supervisor, syscall.SIGUSR2)
	}
	c.finish = func(pid int) {
		if pid == 1 {
			t.Error("the last generation is process 1")
		}
		if own := privateMemory(t, supervisor); own > mostMemory && !raceDetector {
			t.Errorf("the supervisor has %d KB of memory that it shares with no process, want %d at most", own, mostMemory)
		}
		if err := syscall.Kill(supervisor, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	defer c.p.kill()
	c.upgradeUnderLoad(8, func(id int) { c.raw(id, 2*time.Millisecond, false) })
}

// startSupervised starts the program echo below a supervisor, and returns the
// supervisor and the process id of the program.
func startSupervised(t *testing.T, env ...string) (p *process, child int) {
	t.Helper()
	c := startChain(t, append(env, "ECHO_UPGRADE_SUPERVISE=true")...)
	t.Cleanup(c.p.kill)
	child, err := c.p.generation(1)
	if err != nil {
		t.Fatal(err, c.p.text())
	}
	if child == c.p.cmd.Process.Pid {
		t.Fatal("there is no supervisor")
	}
	return c.p, child
}

func TestSupervisorEndsWithTheProgram(t *testing.T) {
	p, child := startSupervised(t)
	if err := syscall.Kill(child, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code, err := p.exit(); err != nil || code != 128+int(syscall.SIGKILL) {
		t.Errorf("got exit code %d, %v, want %d\n%s", code, err, 128+int(syscall.SIGKILL), p.text())
	}
	if _, err := p.await(regexp.MustCompile(fmt.Sprintf(`^echo: process %d ended: signal SIGKILL$`, child))); err != nil {
		t.Error(err, p.text())
	}
}

// A supervisor that is killed takes its program with it, in order.
func TestProgramEndsWithItsSupervisor(t *testing.T) {
	for _, upgraded := range []bool{false, true} {
		t.Run(fmt.Sprintf("upgraded=%v", upgraded), func(t *testing.T) {
			p, child := startSupervised(t)
			if upgraded {
				if err := p.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
					t.Fatal(err)
				}
				next, err := p.generation(2)
				if err == nil {
					_, err = p.await(regexp.MustCompile(`the predecessor has ended`))
				}
				if err != nil {
					t.Fatal(err, p.text())
				}
				child = next
			}
			if err := p.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if _, err := p.exit(); err != nil { // when nothing holds the output any more
				_ = syscall.Kill(child, syscall.SIGKILL)
				t.Fatal(err)
			}
			if _, err := p.await(regexp.MustCompile(`stopped \(SIGTERM\).*exit code 0`)); err != nil {
				t.Error(err, p.text())
			}
		})
	}
}

// A program that cannot have a supervisor says why, or ends as it would without
// one.
func TestSupervisorThatCannotBe(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(t.TempDir(), "go-build1", "b001", "exe") // where go run builds
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(cache, "echo")); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "echo")); err != nil {
		t.Fatal(err)
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for name, tt := range map[string]struct {
		program, value string
		code           int
		says           string
	}{
		"no boolean":              {dir, "yes please", 1, `ECHO_UPGRADE_SUPERVISE=yes please is neither true nor false`},
		"go run":                  {cache, "true", 1, `ECHO_UPGRADE_SUPERVISE asks for a supervisor: .*go build it.*unset ECHO_UPGRADE_SUPERVISE`},
		"child that cannot start": {dir, "true", 1, `address already in use`},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(filepath.Join(tt.program, "echo"))
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "ECHO_HTTP_ADDR="+busy.Addr().String(), "RUNTIME_DIRECTORY="+dir, "GORACE=atexit_sleep_ms=0", "ECHO_UPGRADE_SUPERVISE="+tt.value)
			p, err := startProcess(cmd)
			if err != nil {
				t.Fatal(err)
			}
			defer p.kill()
			if code, err := p.exit(); err != nil || code != tt.code || !regexp.MustCompile(tt.says).MatchString(p.text()) {
				t.Errorf("got exit code %d, %v, want %d and %q\n%s", code, err, tt.code, tt.says, p.text())
			}
		})
	}
}
