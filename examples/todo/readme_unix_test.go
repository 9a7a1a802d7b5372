//go:build unix

package main

import (
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The commands of README.md, in one shell, print what it says they print. "…"
// stands for anything.
func TestReadme(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	dir := t.TempDir()
	here := strings.NewReplacer("/tmp", dir, "localhost:8080", "127.0.0.1:"+port)

	script := "set -e\ntrap 'kill $(jobs -p) $(cat todo.pid) 2>/dev/null || true' EXIT\n"
	var want []string
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				script += here.Replace(command)
			} else if line = strings.TrimSpace(line); line != "" {
				want = append(want, line)
			}
		}
	}

	t.Cleanup(func() {
		if t.Failed() {
			log, err := os.ReadFile(filepath.Join(dir, "todo.log"))
			t.Logf("its log: %s, %v", log, err)
		}
	})
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "TODO_HTTP_ADDR=127.0.0.1:"+port, "XDG_RUNTIME_DIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("the shell: %v", err)
	}
	rest := string(out)
	for _, line := range want {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*")
		at := regexp.MustCompile(pattern).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("got\n%s\nwant, after what came before it,\n%s", out, line)
		}
		rest = rest[at[1]:]
	}
}

// freePort returns a port for a walk that must know it before it starts, since 8080
// may be taken. It is below those that the system hands out itself
// (ip_local_port_range, ip(7)): a client of another test might get one of these
// first.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}
