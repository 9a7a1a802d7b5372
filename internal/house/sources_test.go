package house_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// A source is a link, a place in the other project's source (`file.go:12`, an
// exported name), or a note that it was tried.
var source = regexp.MustCompile("\\]\\(|`[^`]+`|\\btried\\b")

// Each cell of the comparison has its source: nothing is a mere claim.
func TestEachCellOfTheComparisonHasItsSource(t *testing.T) {
	text, err := os.ReadFile("docs/comparison.md")
	if err != nil {
		t.Fatal(err)
	}
	cells := 0
	for _, heading := range []string{"## Restarts, in Go", "## Stops", "## Reloads"} {
		_, rest, found := strings.Cut(string(text), "\n"+heading+"\n\n")
		if !found {
			t.Fatalf("docs/comparison.md has no %q", heading)
		}
		table, _, _ := strings.Cut(rest, "\n\n")
		for _, row := range strings.Split(table, "\n")[2:] {
			columns := strings.Split(strings.Trim(row, "|"), " |")
			for _, cell := range columns[1:] {
				if cell = strings.TrimSpace(cell); cell == "" {
					continue
				}
				if cells++; !source.MatchString(cell) {
					t.Errorf("%s: %s: %q has no source", heading, strings.TrimSpace(columns[0]), cell)
				}
			}
		}
	}
	if cells < 80 {
		t.Errorf("got %d cells, want those of the tables", cells)
	}
}
