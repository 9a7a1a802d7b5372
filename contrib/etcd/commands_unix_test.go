//go:build unix

package etcd_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

// A command that does not need etcd does not connect to it, so it does not wait for
// an etcd that is away. The document names the socket of the running process, which
// has kept the document on disk.
func TestCommandsReadEtcdOnlyIfTheyNeedIt(t *testing.T) {
	f := &processes{newStore(t), map[string]*process{}}
	socket := filepath.Join(t.TempDir(), "own.sock")
	f.put(fmt.Sprintf("{limits: {size: 1}, admin: {addr: %q}}", socket))
	p := f.launch("i0")
	f.await("a good document", func(s rollout.State, all map[string]rollout.Report) bool {
		return s.Phase == rollout.Steady && f.ready(all)
	})

	line := newLine(t, f.line.addr)
	ask := func(args ...string) (string, error) {
		cmd := f.command("i0", p.dir, args...)
		cmd.Env = append(cmd.Env, "TODO_ETCD_ENDPOINTS="+line.Addr().String())
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	line.cut(true)
	for _, tt := range []struct{ args, says string }{
		{"help", "fleet status"},
		{"version", "go1."},
		{"config sample", "limits:"},
		{"completion bash", "todo"},
		{"status", "ready, generation 1"},
		{"log-level", "info"},
		{"config show", "limits.size"},
		{"fleet status", "is good; 1 instances"},
	} {
		out, err := ask(strings.Fields(tt.args)...)
		if err != nil || !strings.Contains(out, tt.says) {
			t.Errorf("%s: got %v and %s, want %q", tt.args, err, out, tt.says)
		}
		if n := line.accepted(); n != 0 {
			t.Fatalf("%s has asked etcd", tt.args)
		}
	}
	line.cut(false)
	for i, args := range []string{"check", "config show --offline"} {
		if out, err := ask(strings.Fields(args)...); err != nil {
			t.Errorf("%s: got %v and %s", args, err, out)
		}
		if n := line.accepted(); n != i+1 {
			t.Errorf("%s: got %d connections to etcd so far, want one of each command", args, n)
		}
	}
	before := line.accepted()
	line.cut(true) // as a start: it waits, and goes on with what was kept
	if out, err := ask("check"); err != nil || !strings.Contains(out, "are right") {
		t.Errorf("check without etcd: got %v and %s", err, out)
	}
	p.dir = t.TempDir() // nothing is kept there
	out, err := ask("check")
	if err == nil || !strings.Contains(out, "no answer from etcd") || strings.Contains(out, "empty") {
		t.Errorf("check without etcd, for the first time: got %v and %s", err, out)
	}
	if n := line.accepted() - before; n != 2 {
		t.Errorf("got %d connections of two commands to an etcd that is away, want one each", n)
	}
}
