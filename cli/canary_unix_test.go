//go:build unix

package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Secrets of every origin are looked for in everything that a process and its
// commands print. Output that does not contain a text that is not secret proves
// nothing, so the test looks for that as well.
const (
	canary  = "canary"
	visible = "songbird"
)

// printed is everything that was printed, by command.
type printed struct {
	sync.Mutex
	by map[string]string
}

func (s *printed) add(by, text string) {
	s.Lock()
	defer s.Unlock()
	s.by[by] += text
}

func TestSecretsAreSeenNowhere(t *testing.T) {
	t.Parallel()
	dir := stage(t)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := func(args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(dir, "todo"), args...)
		cmd.Dir = dir
		cmd.Env = []string{"RUNTIME_DIRECTORY=" + dir, "TODO_HTTP_ADDR=127.0.0.1:0", "TODO_LOG_LEVEL=debug",
			"TODO_SPARE_ENV=" + canary + "-env", "TODO_SPARE_DISK_FILE=" + filepath.Join(dir, "spare")}
		return cmd
	}
	said := &printed{by: map[string]string{}}
	write("spare", canary+"-disk\n")
	write("todo.yaml", "greeting: {text: "+visible+", token: "+canary+"-yaml}\n")

	serve := program("run", "--spare.flag="+canary+"-flag", "--log-level=debug")
	out, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	serve.Stderr = serve.Stdout
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	ready, quiet := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(quiet)
		buf := make([]byte, 4096)
		isReady := sync.OnceFunc(func() { close(ready) })
		for {
			n, err := out.Read(buf)
			said.add("the log", string(buf[:n]))
			if bytes.Contains(buf[:n], []byte(`"ready"`)) {
				isReady()
			}
			if err != nil {
				isReady()
				return
			}
		}
	}()
	<-ready
	ask := func(args ...string) string {
		out, _ := program(args...).CombinedOutput()
		said.add(strings.Join(args, " "), string(out))
		return string(out)
	}
	asked := map[string]bool{"run": true}
	each := func(commands ...string) {
		for _, c := range commands {
			args := strings.Fields(c)
			asked[args[0]] = true
			ask(args...)
		}
	}

	socket := filepath.Join(dir, "admin.sock")
	inspect := func() {
		for _, path := range []string{"/", "/readyz?verbose", "/v1/status", "/v1/report", "/v1/config", "/v1/config/diff", "/v1/config/history", "/v1/operations", "/v1/graph", "/v1/log", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1", "/debug/pprof/cmdline"} {
			said.add("GET "+path, get(t, socket, path, patience))
		}
		said.add("GET /v1/events", get(t, socket, "/v1/events", 500*time.Millisecond)) // it does not end by itself
	}
	each("help", "run --help", "check", "check --json", "status", "status --json", "config show", "config show --json", "config show --offline",
		"config diff", "config diff --json", "config sample", "config schema", "config history", "config history --json", "timeline", "timeline --json", "log-level debug", "profile heap -o - --text", "graph", "graph --dot", "events", "events --level debug --json", "do", "do --json", "do greet who=x --json", "team list", "version --modules", "completion bash", "completion fish")
	inspect()
	for _, conf := range []string{
		"greeting: {text: " + visible + "-2, token: " + canary + "-two}\n",
		"greeting: {text: " + visible + "-2, token: [" + canary + "-list]}\n",
		"greeting: {text: '', token: " + canary + "-invalid}\n",
		"greeting: {text: " + visible + ", tokn: " + canary + "-typo}\n",
		"greeting: {text: \"no\", token: " + canary + "-vetoed}\n",
		"greeting: {token: " + canary + "-broken\n",
	} {
		write("todo.yaml", conf)
		each("check", "config diff", "reload --json", "reload", "config history --json")
	}
	inspect()
	write("todo.yaml", "greeting: {text: "+visible+"-3, token: "+canary+"-three}\n")
	each("upgrade --json", "page --timeout 200ms", "timeline --json")
	inspect()
	each("drain --json")
	<-quiet
	_ = serve.Wait()
	if serve.ProcessState.ExitCode() != 0 {
		t.Errorf("it ended with %v", serve.ProcessState)
	}
	each("stop", "status")

	overview := ask("help")
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z-]+) `).FindAllStringSubmatch(overview, -1) {
		if !asked[m[1]] {
			t.Errorf("the command %s was not asked", m[1])
		}
	}
	for by, text := range said.by {
		for _, line := range strings.Split(text, "\n") {
			if strings.Contains(line, canary) {
				t.Errorf("%s shows a secret: %.300s", by, line)
			}
		}
	}
	for _, by := range []string{"config show", "config show --offline", "config diff", "reload --json", "config history --json", "GET /v1/config", "GET /v1/config/history", "GET /v1/events", "GET /v1/operations"} {
		if !strings.Contains(said.by[by], visible) {
			t.Errorf("%s does not show what is not secret: %.500s", by, said.by[by])
		}
	}
	if !strings.Contains(said.by["the log"], "greeting.text") {
		t.Error("the log says nothing of the settings")
	}
}

// stage is a directory with the program todo in it.
func stage(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cli") // short, for the socket's path
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, "todo"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// get returns what the socket answers within that time.
func get(t *testing.T, socket, path string, within time.Duration) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return fmt.Sprintln(resp.Status) + string(b)
}
