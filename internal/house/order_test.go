package house_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/README.md has the order in which the pages are read, and docs/migrating.md
// that of the ways in; the last line of each page leads on and back.
func TestPagesLeadOnAndBack(t *testing.T) {
	leadsOnAndBack(t, "docs", "docs/README.md", "", "[all documents](README.md)")
	leadsOnAndBack(t, "docs/migrating", "docs/migrating.md", "migrating/", "[all ways in](../migrating.md)")
}

// leadsOnAndBack checks the pages of a folder against the numbered list of an
// index, whose links begin with prefix.
func leadsOnAndBack(t *testing.T, dir, index, prefix, home string) {
	t.Helper()
	text, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	order := regexp.MustCompile(`(?m)^\d+\. \[([^\]]+)\]\(`+prefix+`([^)]+)\)`).FindAllStringSubmatch(string(text), -1)
	known := map[string]bool{"README.md": true}
	for i, page := range order {
		known[page[2]] = true
		if strings.Contains(page[2], "/") { // of the example, or made by bench
			continue
		}
		want := home
		if i > 0 {
			want = fmt.Sprintf("[← %s](%s) · %s", order[i-1][1], order[i-1][2], want)
		}
		if i+1 < len(order) {
			want += fmt.Sprintf(" · [%s →](%s)", order[i+1][1], order[i+1][2])
		}
		text, err := os.ReadFile(filepath.Join(dir, page[2]))
		if err != nil {
			t.Error(err)
		} else if !strings.HasSuffix(string(text), "\n"+want+"\n") {
			t.Errorf("%s/%s does not end with %s", dir, page[2], want)
		}
	}
	pages, err := filepath.Glob(dir + "/*.md")
	if err != nil || len(pages) < 5 {
		t.Fatalf("got %v, %v, want the pages of %s", pages, err, dir)
	}
	for _, page := range pages {
		if !known[filepath.Base(page)] {
			t.Errorf("%s does not name %s", index, page)
		}
	}
}

// The documentation of a package leads to its page.
func TestPackagesLeadToTheirPages(t *testing.T) {
	link := regexp.MustCompile(`https://github\.com/gracefulfx/graceful/blob/main/([^\s#]+)(?:#(\S+))?`)
	for _, dir := range sourceDirs(t) {
		if needsNoExample(dir) {
			continue
		}
		p, _, err := documentation(dir)
		if err != nil {
			t.Fatal(err)
		}
		m := link.FindStringSubmatch(p.Doc)
		if m == nil {
			t.Errorf("%s: the package comment has no link to a page, https://github.com/gracefulfx/graceful/blob/main/docs/...", dir)
			continue
		}
		if _, err := os.Stat(m[1]); err != nil {
			t.Errorf("%s: %v", dir, err)
		} else if m[2] != "" && !slices.Contains(anchors(t, m[1]), m[2]) {
			t.Errorf("%s: %s has no heading #%s", dir, m[1], m[2])
		}
	}
}
