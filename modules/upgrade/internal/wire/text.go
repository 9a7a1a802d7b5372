package wire

import "strings"

// maxText is the longest text of FAILED and ABORT.
const maxText = 16 << 10

// Text returns s as the body of FAILED or ABORT, shortened to fit.
func Text(s string) TextBody { return TextBody{s[:min(len(s), maxText)]} }

// OneLine joins the lines of a list.
func OneLine(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		switch {
		case b.Len() == 0:
		case strings.HasSuffix(b.String(), ":"):
			b.WriteString(" ")
		default:
			b.WriteString("; ")
		}
		b.WriteString(line)
	}
	return b.String()
}
