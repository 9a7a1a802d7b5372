//go:build unix

package compat

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var consoleBlock = regexp.MustCompile("```console\n((?s:.*?))```")

// TestTranscriptsAreOfRealRuns follows each way in: the program of the page
// alone, in a folder with nothing else, and the commands of the page. What they
// print is what the page says, but for numbers, durations and hashes; with
// -update it is written.
func TestTranscriptsAreOfRealRuns(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip(err)
	}
	followed := 0
	for _, page := range glob(t, "../../docs/migrating/*.md") {
		text := readFile(t, page)
		m := consoleBlock.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		followed++
		t.Run(strings.TrimSuffix(filepath.Base(page), ".md"), func(t *testing.T) {
			got := follow(t, text, m[1])
			if *update {
				writeFile(t, page, strings.Replace(text, m[1], got, 1))
				return
			}
			want, have := strings.Split(m[1], "\n"), strings.Split(got, "\n")
			for i := range max(len(want), len(have)) {
				if i >= len(want) || i >= len(have) || !alike(want[i]).MatchString(have[i]) {
					t.Fatalf("line %d differs: got\n%s\nwant\n%s", i+1, got, m[1])
				}
			}
		})
	}
	if followed < 8 {
		t.Errorf("followed %d pages, want those with commands", followed)
	}
}

// follow runs the commands of a page's transcript, and returns it as it is now.
func follow(t *testing.T, page, transcript string) string {
	t.Helper()
	program := regexp.MustCompile("<!-- program: after/[a-z-]+ -->\n```go\n((?s:.*?))```").FindStringSubmatch(page)
	if program == nil {
		t.Fatal("the page has no program")
	}
	dir := moduleOf(t, program[1])
	ln, err := net.Listen("tcp", "127.0.0.1:0") // an address that is free
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script(transcript, addr))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "SHOP_HTTP_ADDR="+addr, "SHOP_ADMIN_ADDR="+filepath.Join(dir, "s.sock"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return moment.ReplaceAllString(progress.ReplaceAllString(string(out), ""), "…")
}

// progress is what a command says while it waits long, as on a busy machine.
var (
	progress = regexp.MustCompile(`(?m)^(upgrade runs, asked for by |\w+: waiting for |upgrade: pid \d+ starts).*\n`)
	moment   = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)
)

// moduleOf makes a folder that holds the program and its module, with a short path,
// as those of sockets have to be.
func moduleOf(t *testing.T, program string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "way")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod := strings.Replace(readFile(t, "go.mod"), "github.com/gracefulfx/graceful/contrib/compat", "example.com/shop", 1)
	writeFile(t, filepath.Join(dir, "go.mod"), strings.Replace(mod, "=> ../..", "=> "+root, 1))
	writeFile(t, filepath.Join(dir, "go.sum"), readFile(t, "go.sum"))
	writeFile(t, filepath.Join(dir, "main.go"), program)
	return dir
}

// helpers stop the service at the end, and wait for what a person sees happen: it
// is ready, a file that was saved has been looked at, a successor is alone. A
// minute.
const helpers = `trap './shop stop --now >/dev/null 2>&1; true' EXIT
seen() { cat log 2>/dev/null | grep -cE "$1"; }
news() { for _ in $(seq 600); do [ "$(seen "$1")" = "$2" ] || return; sleep 0.1; done; echo "no $1:"; cat log; }
`

// script shows each command, and runs just that.
func script(transcript, addr string) string {
	var s strings.Builder
	s.WriteString(helpers)
	runs := false
	for line := range strings.Lines(transcript) {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		command = strings.TrimSpace(command)
		event := ""
		switch {
		case strings.HasSuffix(command, "&"):
			event, runs = "\\bready\\b", true
		case runs && strings.HasSuffix(command, "> shop.yaml"):
			event = "reload (done|applied)"
		case strings.Contains(command, "kill -"):
			event = "predecessor has ended"
		}
		fmt.Fprintf(&s, "printf '$ %%s\\n' %s\nbefore=$(seen %s)\n", quote(command), quote(event))
		fmt.Fprintf(&s, "{ %s\n} 2>&1\n", strings.ReplaceAll(command, "localhost:8080", addr))
		if event != "" {
			fmt.Fprintf(&s, "news %s \"$before\"\n", quote(event))
		}
	}
	return s.String()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// alike matches lines that differ from want in what changes from run to run.
func alike(want string) *regexp.Regexp {
	p := regexp.QuoteMeta(want)
	p = regexp.MustCompile(`\b[0-9a-f]{8}\b`).ReplaceAllString(p, "[0-9a-f]{8}")
	p = regexp.MustCompile(`\b\d+(\\\.\d+)?(ms|µs|s)\b`).ReplaceAllLiteralString(p, `(\d+(\.\d+)?(h|ms|m|µs|s))+`)
	p = regexp.MustCompile(`(^|[ :.])\d{2,}\b`).ReplaceAllString(p, `${1}\d+`)
	p = regexp.MustCompile(` {2,}`).ReplaceAllString(p, " +") // columns are as wide as an address
	return regexp.MustCompile("^" + strings.ReplaceAll(p, "…", ".*") + "$")
}
