package cli_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long a script waits for what must happen.
const patience = 30 * time.Second

type stageKey struct{}

// process is a running application, with the output of it and of its successors.
type process struct {
	cmd   *exec.Cmd
	ready chan struct{}
	ended chan struct{}
	quiet chan struct{} // closed when no more output can come

	mu   sync.Mutex
	text strings.Builder
}

func (p *process) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// read records every line, until the process and its last successor have ended.
func (p *process) read(r io.ReadCloser) {
	defer close(p.quiet)
	defer r.Close()
	ready := p.ready
	for lines := bufio.NewScanner(r); lines.Scan(); {
		p.mu.Lock()
		p.text.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		if ready != nil && strings.Contains(lines.Text(), `"msg":"ready"`) {
			close(ready)
			ready = nil
		}
	}
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
	for _, key := range []string{"HOME", "PATH", "TMPDIR", "RUNTIME_DIRECTORY", "TODO_HTTP_ADDR", "TODO_ADMIN_ADDR", "TODO_STOP_TIMEOUT", "STUCK", "SLOW_STOP", "HOLD_START", "HOLD_STOP", "TODO_UPGRADE_SUPERVISE", "GOCOVERDIR"} {
		if v := ts.Getenv(key); v != "" {
			cmd.Env = append(cmd.Env, key+"="+v)
		}
	}
	r, w, err := os.Pipe()
	ts.Check(err)
	cmd.Stdout, cmd.Stderr = w, w
	ownFamily(cmd)
	ts.Check(cmd.Start())
	w.Close()
	p := &process{cmd: cmd, ready: make(chan struct{}), ended: make(chan struct{}), quiet: make(chan struct{})}
	go p.read(r)
	go func() {
		defer close(p.ended)
		_ = cmd.Wait()
	}()
	ts.Defer(func() {
		killFamily(cmd.Process.Pid)
		for _, m := range regexp.MustCompile(`"msg":"ready".*"pid":(\d+)`).FindAllStringSubmatch(p.said(), -1) {
			if pid, err := strconv.Atoi(m[1]); err == nil && pid != cmd.Process.Pid { // a successor has another group
				killFamily(pid)
			}
		}
		<-p.ended
		<-p.quiet
	})
	ts.Value(stageKey{}).(map[string]*process)[args[0]] = p
	select {
	case <-p.ready:
	case <-p.ended:
		ts.Fatalf("%s ended: %s", args[0], p.said())
	case <-time.After(patience):
		ts.Fatalf("%s is not ready", args[0])
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until REGEXP PROGRAM ARG ...")
	}
	pattern := regexp.MustCompile("(?m)" + args[0])
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) { // no event says when a run would print it
		if err := ts.Exec(args[1], args[2:]...); err == nil && pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
	ts.Fatalf("no %s within %v", args[0], patience)
}

func isFile(name string) bool {
	fi, err := os.Stat(name)
	return err == nil && fi.Mode().IsRegular()
}

func lives(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(stageKey{}).(map[string]*process)[args[0]]
	if neg || len(args) != 1 || p == nil {
		ts.Fatalf("usage: lives NAME, of a process that was started")
	}
	select {
	case <-p.ended:
		ts.Fatalf("%s has ended; it said\n%s", args[0], p.said())
	default:
	}
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
		ts.Fatalf("exit code %s, want %s; it said\n%s", got, args[1], p.said())
	}
	select {
	case <-p.quiet:
	case <-time.After(time.Second): // a successor may say more
	}
	if err := os.WriteFile(ts.MkAbs(args[0]+".log"), []byte(p.said()), 0o600); err != nil {
		ts.Fatalf("%v", err)
	}
}

// port finds the port by the name of its token file.
func port(ts *testscript.TestScript, neg bool, args []string) {
	files, err := filepath.Glob(ts.MkAbs("run/admin-*.token"))
	if neg || len(args) != 0 || err != nil || len(files) != 1 {
		ts.Fatalf("usage: port, with one process that has a port for its admin API: %v, %v", files, err)
	}
	n := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(files[0]), "admin-"), ".token")
	ts.Setenv("PORT", n)
	ts.Setenv("TODO_ADMIN_ADDR", "127.0.0.1:"+n)
}
