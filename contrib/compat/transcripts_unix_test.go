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
// alone, in a folder with nothing else, and the commands of the page. Their output
// is that of the page, except for numbers, durations and hashes; with -update it is
// written there.
func TestTranscriptsAreOfRealRuns(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip(err)
	}
	followed := 0
	for _, page := range glob(t, "../../docs/migrating/*.md") {
		text := readFile(t, page)
		now := text
		for _, at := range consoleBlock.FindAllStringSubmatchIndex(text, -1) {
			name, program := programBefore(t, text[:at[0]])
			transcript := text[at[2]:at[3]]
			followed++
			t.Run(name, func(t *testing.T) {
				got := follow(t, program, transcript)
				if *update {
					now = strings.Replace(now, transcript, got, 1)
					return
				}
				compareTranscripts(t, got, transcript)
			})
		}
		if now != text {
			writeFile(t, page, now)
		}
	}
	if followed < 14 {
		t.Errorf("followed %d transcripts, want one of each page", followed)
	}
}

func compareTranscripts(t *testing.T, got, want string) {
	t.Helper()
	wants, have := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(wants), len(have)) {
		if i >= len(wants) || i >= len(have) || !alike(wants[i]).MatchString(have[i]) {
			t.Fatalf("line %d differs: got\n%s\nwant\n%s", i+1, got, want)
		}
	}
}

var programAfter = regexp.MustCompile("<!-- program: after/([a-z-]+) -->\n```go\n((?s:.*?))```")

// programBefore is the last program of a page so far, which a transcript runs.
func programBefore(t *testing.T, page string) (name, text string) {
	t.Helper()
	all := programAfter.FindAllStringSubmatch(page, -1)
	if len(all) == 0 {
		t.Fatal("the page has no program")
	}
	last := all[len(all)-1]
	return last[1], last[2]
}

// follow runs the commands of a transcript, and returns it as it is now.
func follow(t *testing.T, program, transcript string) string {
	t.Helper()
	dir := moduleOf(t, program)
	ln, err := net.Listen("tcp", "127.0.0.1:0") // an address that is free
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	binary := built.FindStringSubmatch(transcript)[1]
	prefix := strings.ToUpper(binary)
	cmd := exec.CommandContext(ctx, "bash", "-c", script(binary, transcript, addr))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", prefix+"_HTTP_ADDR="+addr, prefix+"_ADMIN_ADDR="+filepath.Join(dir, "s.sock"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return moment.ReplaceAllString(progress.ReplaceAllString(string(out), ""), "…")
}

// built is the command that makes the program, and its name.
var built = regexp.MustCompile(`go build -o (\w+) \.`)

// progress is what a command prints while it waits long, as on a busy machine.
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
const helpers = `trap '%s >/dev/null 2>&1; kill %%1 2>/dev/null; true' EXIT
seen() { cat log 2>/dev/null | grep -cE "$1"; }
news() { for _ in $(seq 600); do [ "$(seen "$1")" = "$2" ] || return; sleep 0.1; done; echo "no $1:"; cat log; }
`

// script shows each command, and runs just that.
func script(binary, transcript, addr string) string {
	var s strings.Builder
	stop := "./" + binary + " stop"
	if !strings.Contains(transcript, stop) { // a program without commands would start
		stop = ":"
	}
	fmt.Fprintf(&s, helpers, stop)
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
		case strings.HasSuffix(command, " incoming/shop"): // where the program fetches another
			event = "upgrade failed|predecessor has ended"
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
