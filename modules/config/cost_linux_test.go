package config

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// costly are files of 4 MiB at most that cost a parser, or the program around it,
// far more than their size suggests.
func costly() map[string]string {
	fill := func(line func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < MaxFileSize-100; i++ {
			b.WriteString(line(i))
		}
		return b.String()
	}
	some := func(n int, line func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(line(i))
		}
		return b.String()
	}
	always := func(s string) func(int) string { return func(int) string { return s } }
	anchors := some(30, func(i int) string {
		return fmt.Sprintf("x-%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 10))
	})
	return map[string]string{
		"duplicate sections.yaml":    fill(always("http: {gen: 1}\n")),
		"some duplicates.yaml":       some(40_000, always("http: {gen: 1}\n")),
		"duplicate keys.json":        "{" + strings.Repeat(`"http": {"gen": 1},`, 45_000) + `"db": {}}`,
		"duplicate keys.toml":        "[http]\n" + some(90_000, always("gen = 1\n")),
		"duplicate headers.toml":     some(90_000, always("[http]\n")),
		"unknown sections.yaml":      some(90_000, func(i int) string { return fmt.Sprintf("k%d: 1\n", i) }),
		"unknown keys.yaml":          "http:\n" + some(90_000, func(i int) string { return fmt.Sprintf("  reed_timeout_%d: 1\n", i) }),
		"unknown keys.toml":          some(90_000, func(i int) string { return fmt.Sprintf("[http.k%d]\n", i) }),
		"wrong values.yaml":          "http:\n  ports: [" + strings.Repeat("x, ", 90_000) + "x]\n",
		"list.yaml":                  "http:\n  ports: [" + strings.Repeat("1,", MaxFileSize/2-100) + "1]\n",
		"list of tables.toml":        some(90_000, always("[[http.peers]]\n")),
		"nested in a line.yaml":      "http: " + strings.Repeat("[", MaxFileSize-100),
		"nested in a line.json":      `{"http": ` + strings.Repeat("[", MaxFileSize-100),
		"nested in a line.toml":      "http = " + strings.Repeat("[", MaxFileSize-100),
		"nested tables.toml":         "http" + strings.Repeat(".a", MaxFileSize/2-100) + " = 1",
		"nested by lines.yaml":       some(2800, func(i int) string { return strings.Repeat(" ", i) + "a:\n" }),
		"anchors that multiply.yaml": "x-0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + anchors,
		"anchors without end.yaml":   fill(func(i int) string { return fmt.Sprintf("x-%d: &b%d 1\n", i, i) }),
		"tabs.yaml":                  "http: |\n" + some(20_000, always("\t\tx\n")) + "db: [\n",
		"a fault in the end.yaml":    some(25_000, always("x-a: 'b'\n")) + "db: [\n",
		"comments.yaml":              "http:\n" + fill(always("# nothing\n")) + "db: {}\n",
		"one long text.yaml":         "http: {addr: \"" + strings.Repeat("a, b: [", MaxFileSize/8) + "\"}\n",
	}
}

const costVariable = "CONFIG_TEST_COSTLY"

// checkCostly runs in a separate process: it checks one file, and prints the most
// memory that the process has had.
func checkCostly() {
	set := NewSet()
	Add[web](set, "http", Default(webDefaults))
	Add[database](set, "db")
	l, err := NewCatalog(set, Source{Files: []string{os.Getenv(costVariable)}, Environ: none})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	begin := time.Now()
	_, problems := l.Check(context.Background())
	took := time.Since(begin)
	status, _ := os.ReadFile("/proc/self/status")
	var kB int
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmHWM: %d kB", &kB)
	}
	first := ""
	if len(problems) > 0 {
		first = problems[0].String()
	}
	fmt.Printf("%d %d %d %.200q\n", kB>>10, took.Milliseconds(), len(problems), first)
}

// The cost of finding out that a file is invalid grows with the file, not with the
// square of its mistakes.
func TestCostlyFilesAreRefusedCheaply(t *testing.T) {
	if os.Getenv(costVariable) != "" {
		checkCostly()
		return
	}
	for name, text := range costly() {
		path := file(t, name, text)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), costVariable+"="+path)
		out, err := cmd.CombinedOutput()
		cancel()
		var megabytes, ms, problems int
		var first string
		if _, serr := fmt.Sscanf(string(out), "%d %d %d %q", &megabytes, &ms, &problems, &first); errors.Join(err, serr) != nil {
			t.Errorf("%s: %v: %.2000s", name, errors.Join(err, serr), out)
			continue
		}
		cpu := cmd.ProcessState.UserTime() // which other processes do not prolong
		t.Logf("%-28s %4d MB %5d ms %5v of processor %4d problems: %s", name, megabytes, ms, cpu, problems, strings.TrimPrefix(first, path))
		if !raceDetector && (megabytes > 200 || cpu > 2*time.Second) {
			t.Errorf("%s: %d MB, %d ms, %v of processor time; want at most 200 MB and 2 s of it", name, megabytes, ms, cpu)
		}
		if name != "comments.yaml" && problems == 0 && name != "anchors without end.yaml" && name != "one long text.yaml" {
			t.Errorf("%s: was accepted", name)
		}
	}
}
