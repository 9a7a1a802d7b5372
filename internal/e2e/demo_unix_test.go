//go:build unix

package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// The transcript in README.md is what demo.sh prints: "…" stands for anything,
// and a number for any other.
func TestTheTranscriptIsWhatTheDemoPrints(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the example")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```console\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("README.md has no transcript")
	}
	cmd := exec.Command("../../demo.sh")
	cmd.Env = append(os.Environ(), "GOFLAGS=") // without -race and the like
	var stderr bytes.Buffer                    // go reports there what it downloads
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("demo.sh: %v\n%s", err, &stderr)
	}
	out = progress.ReplaceAll(out, nil)
	want, got := strings.Split(string(block[1]), "\n"), strings.Split(string(out), "\n")
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || !alike(want[i]).MatchString(got[i]) {
			t.Fatalf("line %d differs; demo.sh printed\n%s\nwant\n%s", i+1, out, block[1])
		}
	}
	if !regexp.MustCompile(`\n0 failed of [1-9]\d{2,} requests\n$`).Match(out) {
		t.Errorf("the end is no end without failures: %s", out)
	}
}

// progress is what a command prints when it takes long, as on a busy machine.
var progress = regexp.MustCompile(`(?m)^(upgrade runs, asked for by |\w+: waiting for |upgrade: pid \d+ starts).*\n`)

// alike matches lines that differ from want in what changes from run to run.
func alike(want string) *regexp.Regexp {
	const number, duration = `\d+`, `(\d+(\.\d+)?(h|ms|m|µs|s))+`
	p := regexp.QuoteMeta(want)
	p = regexp.MustCompile(`\b[0-9a-f]{8}\b`).ReplaceAllString(p, "[0-9a-f]{8}")
	p = regexp.MustCompile(`\b\d+(\\\.\d+)?(ms|µs|s)\b`).ReplaceAllLiteralString(p, duration)
	p = regexp.MustCompile(`(^|[ :.])\d{2,}\b`).ReplaceAllString(p, "${1}"+number)
	p = strings.ReplaceAll(p, "…", ".*")
	return regexp.MustCompile("^" + p + "$")
}

// The drawn terminal is a recording of the same program: its lines are those of
// README.md.
func TestTheRecordingIsTheTranscript(t *testing.T) {
	cast, err := os.ReadFile("../../docs/pictures/demo.cast")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(string(regexp.MustCompile("(?s)```console\n(.*?)\n```").FindSubmatch(page)[1]), "\n")
	events := strings.Split(strings.TrimSpace(string(cast)), "\n")[1:] // the first is the header
	if len(events) != len(want) {
		t.Fatalf("%d lines are recorded, README.md has %d: record it anew, see tools/pictures", len(events), len(want))
	}
	for i, line := range events {
		var event [3]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatal(err)
		}
		if got, _ := event[2].(string); !alike(want[i]).MatchString(strings.TrimRight(got, "\r\n")) {
			t.Errorf("line %d: recorded is %q, README.md has %q: record it anew, see tools/pictures", i+1, got, want[i])
		}
	}
}

func TestAlikeComparesTheWordsOfALine(t *testing.T) {
	line := "upgrade done: pid 852 → 1033 (generation 2) in 148ms, 32 connections handed over"
	for got, want := range map[string]bool{
		"upgrade done: pid 7 → 12345 (generation 2) in 1.026s, 31 connections handed over": true,
		"upgrade done: pid 7 → 12345 (generation 3) in 26ms, 31 connections handed over":   false,
		"upgrade failed: this process (generation 1) stays: no program there":              false,
	} {
		if alike(line).MatchString(got) != want {
			t.Errorf("%s: got %v, want %v", got, !want, want)
		}
	}
	if alike("0 failed of 9323 requests").MatchString("1 failed of 9323 requests") {
		t.Error("a failure is alike")
	}
}
