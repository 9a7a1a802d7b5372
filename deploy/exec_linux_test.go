package deploy

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// exec runs a program of the image beside process 1, as docker exec and kubectl
// exec do: in its namespaces and its file system, as its user, without a shell.
func (c *container) exec(args ...string) string {
	c.t.Helper()
	id := strconv.Itoa(nobody)
	in := []string{"--target", strconv.Itoa(c.cmd.Process.Pid), "--pid", "--mount", "--root", "--wd", "--setuid", id, "--setgid", id}
	cmd := exec.Command("nsenter", append(in, args...)...)
	for _, kv := range c.cmd.Env {
		if !strings.HasPrefix(kv, "ENGINE_ROOT=") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%q: %v\n%s", args, err, out)
	}
	return string(out)
}

// The image has no shell, and the commands need none. With a supervisor as process
// 1 an upgrade is one of them.
func TestCommandsRunInTheContainer(t *testing.T) {
	if _, err := exec.LookPath("nsenter"); err != nil {
		t.Skip("nsenter is not installed")
	}
	c := startContainer(t, "ui: {title: Todo}", "TODO_HTTP_ADDR=127.0.0.1:0", "TODO_UPGRADE_SUPERVISE=true")
	c.await(`"msg":"ready"`)
	for generation, want := range []string{"ready, generation 1, pid ", "ready, generation 2, pid "} {
		status := c.exec("/todo", "status")
		if pid := regexp.MustCompile(`pid (\d+)`).FindStringSubmatch(status); !strings.Contains(status, want) || pid == nil || pid[1] == "1" {
			t.Errorf("got %s, want %q and a process below the supervisor", status, want)
		}
		if generation == 0 {
			if out := c.exec("/todo", "upgrade"); !strings.Contains(out, "upgrade done") {
				t.Errorf("got %s", out)
			}
		}
	}
	c.signal(unix.SIGTERM)
	c.await(`stopped \(SIGTERM\).*exit code 0`)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("got %v, want exit code 0 of process 1", err)
	}
}
