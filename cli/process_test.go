package cli_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what must happen.
const patience = 30 * time.Second

type stageKey struct{}

// process is a running application and what it has said.
type process struct {
	cmd   *exec.Cmd
	ready chan struct{}
	ended chan struct{}
	said  strings.Builder // read after ended
}

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME PROGRAM ARG ...")
	}
	path := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		for _, ext := range []string{"", ".exe"} {
			if file := filepath.Join(dir, args[1]+ext); path == "" && isFile(file) {
				path = file
			}
		}
	}
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, key := range []string{"HOME", "PATH", "TMPDIR", "RUNTIME_DIRECTORY", "TODO_HTTP_ADDR", "TODO_ADMIN_ADDR", "TODO_STOP_TIMEOUT", "STUCK", "SLOW_STOP", "GOCOVERDIR"} {
		if v := ts.Getenv(key); v != "" {
			cmd.Env = append(cmd.Env, key+"="+v)
		}
	}
	r, w, err := os.Pipe()
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = w, w
	ts.Check(cmd.Start())
	w.Close()
	p := &process{cmd: cmd, ready: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		defer r.Close()
		ready := p.ready
		for lines := bufio.NewScanner(r); lines.Scan(); {
			p.said.WriteString(lines.Text() + "\n")
			if ready != nil && strings.Contains(lines.Text(), `"msg":"ready"`) {
				close(ready)
				ready = nil
			}
		}
		_ = cmd.Wait()
	}()
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		<-p.ended
	})
	ts.Value(stageKey{}).(map[string]*process)[args[0]] = p
	select {
	case <-p.ready:
	case <-p.ended:
		ts.Fatalf("%s ended: %s", args[0], p.said.String())
	case <-time.After(patience):
		ts.Fatalf("%s is not ready", args[0])
	}
}

func isFile(name string) bool {
	fi, err := os.Stat(name)
	return err == nil && fi.Mode().IsRegular()
}

func ends(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(stageKey{}).(map[string]*process)[args[0]]
	if neg || len(args) != 2 || p == nil {
		ts.Fatalf("usage: ends NAME CODE, of a process that was started")
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		ts.Fatalf("%s did not end", args[0])
	}
	if got := strconv.Itoa(p.cmd.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("exit code %s, want %s; it said\n%s", got, args[1], p.said.String())
	}
	if err := os.WriteFile(ts.MkAbs(args[0]+".log"), []byte(p.said.String()), 0o600); err != nil {
		ts.Fatalf("%v", err)
	}
}
