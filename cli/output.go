package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// columns returns the width of w and reports whether it is a terminal.
func columns(w io.Writer) (width int, terminal bool) {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return 0, false
	}
	width, err := terminalWidth(f)
	if err != nil {
		return 0, false
	}
	if width < 20 { // some terminals report 0
		width = 80
	}
	return width, true
}

// fit cuts off the end of a line that would be wrapped.
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

// table writes rows of columns to standard output, within the width of a terminal.
func (p *program) table(rows [][]string) {
	width, _ := columns(p.stdout)
	table(p.stdout, rows, width)
}

// leastColumn is the least width of the last column beside the others.
const leastColumn = 24

// table writes rows of columns. The last column is wrapped at width, if that is not
// 0; where too little width is left for it, every column begins a line.
func table(out io.Writer, rows [][]string, width int) {
	var widths []int
	for _, r := range rows {
		for i, cell := range r[:len(r)-1] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell)+2)
		}
	}
	before := 0
	for _, w := range widths {
		before += w
	}
	narrow := width > 0 && before > 0 && width-before < leastColumn
	for _, r := range rows {
		line, indent := "", before
		for i, cell := range r[:len(r)-1] {
			line += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		}
		if narrow {
			line, indent = wrap(strings.Join(strings.Fields(line), "  "), width)+"\n    ", 4
		} else if len(r)-1 < len(widths) {
			indent = utf8.RuneCountInString(line)
		}
		last := r[len(r)-1]
		if width > 0 {
			last = strings.ReplaceAll(wrap(last, max(width-indent, leastColumn)), "\n", "\n"+strings.Repeat(" ", indent))
		}
		fmt.Fprintln(out, strings.TrimRight(line+last, " \n"))
	}
}

// wrap breaks lines between words, and breaks words that are longer than a line.
func wrap(text string, width int) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		for utf8.RuneCountInString(line) > width {
			runes := []rune(line)
			at := width
			for i := width; i > width/3; i-- {
				if runes[i] == ' ' {
					at = i
					break
				}
			}
			out = append(out, string(runes[:at]))
			line = strings.TrimLeft(string(runes[at:]), " ")
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// span formats a duration for people.
func span(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// short formats a duration that changes while it is shown.
func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// sanitize removes control characters, and those that change the direction of text,
// from text that comes from outside.
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
