package config

import (
	"bytes"
	"strings"
)

// A bracket that is missing is noticed by a parser long after its place, often
// at the end of the file. But a file that was written by a person or a program
// is indented, and its place is where brackets and indentation begin to disagree:
//
//	"tls": {                  opened at an indentation of 4
//	  "min_version": "1.2"    so what is in it stands at more than 4
//	,                         and 4 or less comes only after its end: here it was
//	"bind": "127.0.0.1"

// An opener is a bracket that is not closed yet.
type opener struct {
	char   byte
	line   int
	indent int  // of its line
	inner  int  // of the first line in it; 0 = none so far
	last   bool // on its line
	double bool // another stands on the same line, and is open at its end
}

const (
	missing = "a bracket is missing here, to judge by the lines around it"
	surplus = "there is a bracket too many here, to judge by the lines around it"
)

// nesting returns the index of the line at fault, or -1 if the brackets match
// or it cannot tell.
func nesting(data []byte) (at int, hint string) {
	lines := bytes.Split(data, []byte("\n"))
	if matched(lines) {
		return -1, ""
	}
	var open []opener
	above := 0
	for i, text := range lines {
		word := strings.Trim(string(text), " \t\r")
		if word == "" || word == "," {
			continue
		}
		indent, closes := indentOf(text), strings.IndexByte("]}", word[0]) >= 0
		if len(open) > 0 {
			top := &open[len(open)-1]
			switch {
			case closes && indent > top.indent, !closes && top.inner > 0 && indent > top.inner && indent > indentOf(lines[above]):
				return openerMissing(lines, i, indent, closes)
			case indent < top.indent, !closes && indent == top.indent:
				return closerMissing(lines, i, *top)
			case !closes && top.inner == 0:
				top.inner = indent
			}
		}
		from := len(open)
		for _, b := range brackets(word) {
			n := len(open)
			switch {
			case b.char == '[' || b.char == '{':
				open = append(open, opener{char: b.char, line: i, indent: indent, last: b.last})
				continue
			case n == 0 || open[n-1].char != opposite(b.char):
				return -1, "" // the parser stumbles here as well
			case closes && open[n-1].line < i && open[n-1].indent != indent:
				return i, surplus
			}
			open, from = open[:n-1], min(from, n-1)
		}
		for k := from; k < len(open)-1; k++ {
			open[k].double = open[k].line == i
		}
		above = i
	}
	if n := len(open); n > 1 || n == 1 && open[0].double {
		return closerMissing(lines, len(lines), open[n-1])
	}
	return -1, ""
}

// openerMissing: line i stands deeper than what is open. The bracket was at the
// end of the line above, or on a line of its own, of which the blanks are left.
func openerMissing(lines [][]byte, i, indent int, closes bool) (int, string) {
	for k := i - 1; k >= 0; k-- {
		blank, deep := len(bytes.TrimSpace(lines[k])) == 0, indentOf(lines[k])
		if blank && deep > 0 && deep <= indent || !blank && (!closes || deep <= indent) {
			return k, missing
		}
	}
	return -1, ""
}

// closerMissing: line i stands where top should have been closed.
func closerMissing(lines [][]byte, i int, top opener) (int, string) {
	before := strings.TrimSpace(string(lines[i-1]))
	switch {
	case top.double:
		return top.line, surplus
	case (before == "" && i < len(lines)) || before == ",":
		return i - 1, missing
	case !top.last:
		return top.line, missing
	}
	return i - 1, missing
}

func indentOf(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }

func opposite(closer byte) byte { return closer - 2 } // in ASCII, of both kinds

type bracket struct {
	char byte
	last bool // on its line
}

// brackets lists those of a line that are not part of a text.
func brackets(line string) (out []bracket) {
	text := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case !text && strings.IndexByte("[]{}", c) >= 0:
			out = append(out, bracket{c, i == len(line)-1})
		}
	}
	return out
}

// matched reports whether every bracket has its counterpart.
func matched(lines [][]byte) bool {
	var open []byte
	for _, line := range lines {
		for _, b := range brackets(string(line)) {
			switch n := len(open); {
			case b.char == '[' || b.char == '{':
				open = append(open, b.char)
			case n == 0 || open[n-1] != opposite(b.char):
				return false
			default:
				open = open[:n-1]
			}
		}
	}
	return len(open) == 0
}
