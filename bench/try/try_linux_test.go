package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/bench/load"
)

var built string // the command itself, as its user runs it

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "try")
	if err != nil {
		panic(err)
	}
	built = filepath.Join(dir, "try")
	if out, err := exec.Command("go", "build", "-o", built, ".").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func run(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	cmd := exec.Command(built, append([]string{"-clients", "8", "-restarts", "2", "-think", "5ms"}, args...)...)
	text, err := cmd.CombinedOutput()
	t.Logf("try %s\n%s", strings.Join(args, " "), text)
	return string(text), err
}

// file writes a program of another language.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTryCountsWhatEachWayLoses(t *testing.T) {
	const node = `require('http').createServer((q, r) => r.end('hello')).listen(process.env.PORT)`
	const flask = "from flask import Flask\napp = Flask(__name__)\n@app.get('/')\ndef hello(): return 'hello'\n"
	shop := file(t, "shop.py", flask)
	const stopped, upgraded = `stop and start \(SIGTERM\): +\d+ lost of \d{2,} requests, [1-9]\d* reconnects`, `upgrade \(SIGUSR2\): +0 lost of \d{2,} requests, 0 reconnects, 0 dials refused`
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"a folder of Go that upgrades", []string{"-path", "/pid", "-env", "BENCH_HTTP_ADDR={addr}", "../servers/graceful"}, []string{stopped, upgraded}},
		{"one whose name is not that of its folder", []string{"-path", "/pid", "-env", "BENCH_CONFIG_FILE=" + file(t, "bench.yaml", "http: {addr: '127.0.0.1:0'}\n"), "../servers/graceful"}, []string{stopped, upgraded}},
		{"one that does not", []string{"-env", "BENCH_HTTP_ADDR={addr}", "../servers/nethttp"}, []string{stopped, "no upgrade to compare"}},
		{"gin", []string{"../../contrib/compat/before/shutdown"}, []string{stopped, "no upgrade to compare"}},
		{"gin with graceful", []string{"../../contrib/compat/after/shutdown"}, []string{stopped, upgraded}},
		{"flask", []string{"--", "flask", "--app", shop, "run", "--host", "{host}", "--port", "{port}"}, []string{stopped, "no upgrade to compare"}},
		{"python", []string{"--", "python3", "-m", "http.server", "--bind", "{host}", "{port}"}, []string{stopped, "no upgrade to compare"}},
		{"node", []string{"--", "node", file(t, "server.js", node)}, []string{stopped, "no upgrade to compare"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.args[0] == "--" {
				if _, err := exec.LookPath(tt.args[1]); err != nil {
					t.Skipf("%v (packages python3, python3-flask, nodejs)", err)
				}
			}
			out, err := run(t, tt.args...)
			if err != nil {
				t.Error(err)
			}
			for _, want := range tt.want {
				if !regexp.MustCompile(want).MatchString(out) {
					t.Errorf("no %s", want)
				}
			}
		})
	}
}

func TestTrySaysWhyItCannot(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		args       []string
	}{
		{"no such command", "give a folder of Go, or a command", []string{"no-such-command"}},
		{"a folder without a program", "holds no program", []string{"../load"}},
		{"it ends", "it ended before it answered", []string{"--", "sh", "-c", "echo no database; exit 3"}},
		{"what it wrote", "no database", []string{"--", "sh", "-c", "echo no database; exit 3"}},
		{"nothing to run", "usage", nil},
		{"an address by no name", "want NAME=VALUE", []string{"-env", "PORT", "x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := run(t, tt.args...)
			if err == nil || !strings.Contains(out, tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// The page of comparisons shows four runs. TestTryCountsWhatEachWayLoses runs the
// same kinds of programs; here each line of the page is one that try prints.
func TestThePageShowsWhatTryPrints(t *testing.T) {
	page, err := os.ReadFile("../../docs/comparison.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```console\n$ cd bench\n")
	transcript, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("docs/comparison.md has no transcript")
	}
	o := options{clients: 64}
	r := &load.Result{Failures: map[load.Failure]int{}}
	lines := []string{
		`\$ go run \./try .+`,
		`[a-z0-9]+: (any HTTP server|built with graceful), GET /, 64 clients, up to 20ms between two requests, 5 restarts`,
		`not built with graceful: no upgrade to compare with`,
	}
	for _, w := range []way{stopAndStart, upgrade} {
		lines = append(lines, masked(strings.TrimSpace(verdict(w.name, o, r))))
	}
	for _, kind := range []load.Kind{load.EOF, load.RST, load.EPIPE, load.Timeout} {
		for _, phase := range []load.Phase{load.Dial, load.Write, load.Before, load.Partial} {
			for _, isNew := range []bool{true, false} {
				lines = append(lines, ` +\d+  `+regexp.QuoteMeta(meaning(load.Failure{Kind: kind, Phase: phase, New: isNew})))
			}
		}
	}
	printed := regexp.MustCompile("^(" + strings.Join(lines, "|") + ")$")
	runs := 0
	for line := range strings.Lines(transcript) {
		line = strings.TrimSuffix(line, "\n")
		if !printed.MatchString(line) {
			t.Errorf("try does not print %q", line)
		}
		if strings.HasPrefix(line, "$ ") {
			runs++
		}
	}
	if runs != 4 {
		t.Errorf("got %d runs, want gin before and after, node, flask", runs)
	}
	if want := regexp.MustCompile(`upgrade \(SIGUSR2\): +0 lost of \d+ requests, 0 reconnects, 0 dials refused`); !want.MatchString(transcript) {
		t.Errorf("the page shows no upgrade without a loss")
	}
}

// masked matches a line whatever its numbers are.
func masked(line string) string {
	return regexp.MustCompile(`\b0\b`).ReplaceAllString(regexp.QuoteMeta(line), `\d+`)
}
