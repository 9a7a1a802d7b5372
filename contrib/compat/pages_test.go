package compat

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is compiled and what was printed into the pages")

// blockOf is a marked block of a page: the kind of mark, its name, the language,
// the text.
var blockOf = regexp.MustCompile("<!-- (snippet|program|settings): ([a-z/-]+) -->\\s*```(go|yaml)\n((?s:.*?))```")

// TestPagesShowWhatIsCompiled compares every marked block with its source; with
// -update it copies the source.
func TestPagesShowWhatIsCompiled(t *testing.T) {
	have := sources(t)
	shown := map[string]bool{}
	for _, page := range pages(t) {
		text := readFile(t, page)
		now := blockOf.ReplaceAllStringFunc(text, func(block string) string {
			m := blockOf.FindStringSubmatch(block)
			name := m[1] + " " + m[2]
			shown[name] = true
			if want, ok := have[name]; !ok || want != m[4] && !*update {
				t.Errorf("%s shows as %s\n%s\nwant\n%s", page, name, m[4], want)
			} else if *update {
				return strings.TrimSuffix(block, m[4]+"```") + want + "```"
			}
			return block
		})
		if now != text {
			writeFile(t, page, now)
		}
	}
	for name := range have {
		if !shown[name] {
			t.Errorf("no page shows the %s", name)
		}
	}
	if len(have) < 40 {
		t.Errorf("got %d sources, want those of all pages", len(have))
	}
}

// checkedBy names the test that checks the blocks of a language that have no mark:
// on pages of a folder, or one page.
var checkedBy = map[string]string{
	"console ../../README.md":               "internal/e2e TestTheTranscriptIsWhatTheDemoPrints",
	"console ../../docs/migrating":          "TestTranscriptsAreOfRealRuns",
	"console ../../docs/comparison.md":      "bench/try TestThePageShowsWhatTryPrints",
	"console ../../examples/todo/README.md": "examples/todo TestReadme",
	"sh ../../examples/todo/README.md":      ".ci/from-nothing",
}

// TestNoBlockIsUnchecked finds blocks of a page that nothing compiles, loads or
// runs.
func TestNoBlockIsUnchecked(t *testing.T) {
	fence := regexp.MustCompile("(?m)^(.*)\n```([a-z]*)\n(?s:.*?)^```$")
	blocks := 0
	for _, page := range pages(t) {
		for _, m := range fence.FindAllStringSubmatch("\n"+readFile(t, page), -1) {
			blocks++
			marked := strings.HasPrefix(m[1], "<!-- snippet: ") || strings.HasPrefix(m[1], "<!-- program: ") || strings.HasPrefix(m[1], "<!-- settings: ")
			drawing := m[2] == "" // a diagram or a format, no language
			if !marked && !drawing && checkedBy[m[2]+" "+page] == "" && checkedBy[m[2]+" "+filepath.Dir(page)] == "" {
				t.Errorf("%s: a block of %s after %q is checked by no test", page, m[2], m[1])
			}
		}
	}
	if blocks < 60 {
		t.Errorf("got %d blocks, want those of all pages", blocks)
	}
}

// pages are those that may show Go.
func pages(t *testing.T) []string {
	t.Helper()
	return glob(t, "../../*.md", "../../docs/*.md", "../../docs/*/*.md", "../../examples/*/*.md", "../../bench/*.md")
}

// sources are what the marks name: a snippet of a file here, a whole program, a
// file of settings.
func sources(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{"snippet readme-main": readFile(t, "../../examples/hello/main.go")} // whole, as one pastes it
	for _, file := range glob(t, "*.go", "settings/*.go") {
		for _, m := range regexp.MustCompile(`(?m)^(\t*)// snippet: ([a-z-]+)\n((?s:.*?))\n?^\t*// end$`).FindAllStringSubmatch(readFile(t, file), -1) {
			lines := strings.SplitAfter(m[3], "\n")
			for i := range lines {
				lines[i] = strings.TrimPrefix(lines[i], m[1])
			}
			all["snippet "+m[2]] = strings.TrimRight(strings.Join(lines, ""), "\n") + "\n"
		}
	}
	for _, file := range glob(t, "before/*/main.go", "after/*/main.go") {
		name := filepath.ToSlash(filepath.Dir(file))
		all["program "+name] = strings.TrimPrefix(readFile(t, file), "//go:build unix\n\n")
	}
	for _, file := range glob(t, "testdata/*.yaml") {
		all["settings "+strings.TrimSuffix(filepath.Base(file), ".yaml")] = readFile(t, file)
	}
	return all
}

func glob(t *testing.T, patterns ...string) (files []string) {
	t.Helper()
	for _, p := range patterns {
		found, err := filepath.Glob(p)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v, %v", p, found, err)
		}
		files = append(files, found...)
	}
	return files
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
