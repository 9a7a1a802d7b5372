package house_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/README.md has the order in which the pages are read; the last line of each
// leads on and back.
func TestPagesLeadOnAndBack(t *testing.T) {
	index, err := os.ReadFile("docs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	order := regexp.MustCompile(`(?m)^\d+\. \[([^\]]+)\]\(([^)]+)\)`).FindAllStringSubmatch(string(index), -1)
	known := map[string]bool{"README.md": true}
	for i, page := range order {
		known[page[2]] = true
		if strings.Contains(page[2], "/") { // of the example, or made by bench
			continue
		}
		want := "[all documents](README.md)"
		if i > 0 {
			want = fmt.Sprintf("[← %s](%s) · %s", order[i-1][1], order[i-1][2], want)
		}
		if i+1 < len(order) {
			want += fmt.Sprintf(" · [%s →](%s)", order[i+1][1], order[i+1][2])
		}
		text, err := os.ReadFile(filepath.Join("docs", page[2]))
		if err != nil {
			t.Error(err)
		} else if !strings.HasSuffix(string(text), "\n"+want+"\n") {
			t.Errorf("docs/%s does not end with %s", page[2], want)
		}
	}
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if !known[filepath.Base(page)] {
			t.Errorf("docs/README.md does not name %s", page)
		}
	}
}
