package cli

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// At no width is a line longer than the terminal, and no word is missing.
func TestTablesFitTheTerminal(t *testing.T) {
	rows := [][]string{
		{"todo", "ready, generation 2, pid 26803, up 4.99s"},
		{"last upgrade", "1 -> 2 by admin (uid 0, pid 26798), took 5.0 s, 0 connections handed, 0 taken back, 0 cut"},
		{"process", strings.Repeat("/very-long-path", 12)},
		{"http.tls.client_ca_file.of.a.long.name.indeed", "a value with some words in it", "todo.yaml:3:3"},
	}
	for _, width := range []int{0, 50, 80, 200} {
		var b strings.Builder
		table(&b, rows, width)
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > 0 && n > width {
				t.Errorf("%d columns in a terminal of %d: %s", n, width, line)
			}
		}
		for _, r := range rows {
			for _, word := range strings.Fields(strings.Join(r, " ")) {
				if !strings.HasPrefix(word, "/very") && !strings.Contains(b.String(), word) {
					t.Errorf("width %d: %q is missing in\n%s", width, word, b.String())
				}
			}
		}
	}
}
