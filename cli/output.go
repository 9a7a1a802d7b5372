package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// columns returns the width of w, and whether it is a terminal.
func columns(w io.Writer) (width int, terminal bool) {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return 0, false
	}
	width, err := terminalWidth(f)
	if err != nil {
		return 0, false
	}
	if width < 20 { // some do not know
		width = 80
	}
	return width, true
}

// fit cuts a line that would be wrapped.
func fit(line string, width int) string {
	if runes := []rune(line); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return line
}

func (p *program) writeJSON(v any) {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		fmt.Fprintf(p.stderr, "%s: %v\n", p.name, err)
		return
	}
	fmt.Fprintln(p.stdout, string(b))
}

func (p *program) table(rows [][]string) { table(p.stdout, rows) }

// table writes rows of columns.
func table(out io.Writer, rows [][]string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	_ = w.Flush()
}

// span is a duration for people.
func span(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// short is a duration that changes while it is shown.
func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// sanitize takes terminal codes, and what turns the direction of text, out of text
// that comes from outside.
func sanitize(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // Unicode TR 9
			return '�'
		}
		return r
	}, s)
}
