package document

import (
	"bytes"
	"strings"
)

// A parser notices a missing bracket long after its place, often at the end of the
// file. But a file that a person or a program has written is indented, and the
// place is where brackets and indentation begin to disagree:
//
//	"tls": {                  opened at an indentation of 4
//	  "min_version": "1.2"    so what is in it stands at more than 4
//	,                         and 4 or less comes only after its end: here it was
//	"bind": "127.0.0.1"

// An openBracket is a bracket that is not closed yet.
type openBracket struct {
	bracket
	line   int
	indent int  // of its line
	inner  int  // of the first line in it; 0 = none so far
	last   bool // on its line
	double bool // another stands on the same line, and is open at its end
}

// A fault is a place, as an index of line and byte, and what is wrong there.
// unclear stands for one that cannot be found.
type fault struct {
	line, at int
	hint     string
}

var unclear = &fault{line: -1}

const (
	missing = "a bracket is missing here, to judge by the lines around it"
	surplus = "there is a bracket too many here, to judge by the lines around it"
)

// findBracket returns the place at fault, or line 0 if the brackets match or the
// place is unclear.
func findBracket(data []byte) (line, col int, hint string) {
	n := bracketSearch{lines: bytes.Split(data, []byte("\n"))}
	if matched(n.lines) {
		return 0, 0, ""
	}
	f := n.search()
	if f == nil {
		f = unclear
	}
	return f.line + 1, f.at + 1, f.hint
}

// A bracketSearch holds the brackets that are open at a line of a file.
type bracketSearch struct {
	lines [][]byte
	open  []openBracket
	above int // the last line with anything on it
}

// search goes through the lines until one does not fit.
func (n *bracketSearch) search() *fault {
	for i, text := range n.lines {
		word := strings.Trim(string(text), " \t\r")
		if word == "" || word == "," {
			continue
		}
		indent, closes := indentOf(text), strings.IndexByte("]}", word[0]) >= 0
		if f := n.enter(i, indent, closes); f != nil {
			return f
		}
		if f := n.follow(i, indent, closes, word); f != nil {
			return f
		}
		n.above = i
	}
	if k := len(n.open); k > 1 || k == 1 && n.open[0].double {
		return n.closerMissing(len(n.lines), n.open[k-1])
	}
	return nil
}

// enter compares the indentation of line i with that of what is open there.
func (n *bracketSearch) enter(i, indent int, closes bool) *fault {
	if len(n.open) == 0 {
		return nil
	}
	top := &n.open[len(n.open)-1]
	switch {
	case closes && indent > top.indent, !closes && top.inner > 0 && indent > top.inner && indent > indentOf(n.lines[n.above]):
		return n.openerMissing(i, indent, closes)
	case indent < top.indent, !closes && indent == top.indent:
		return n.closerMissing(i, *top)
	case !closes && top.inner == 0:
		top.inner = indent
	}
	return nil
}

// follow opens and closes what the brackets of line i do.
func (n *bracketSearch) follow(i, indent int, closes bool, word string) *fault {
	from := len(n.open)
	for _, b := range brackets(word) {
		k := len(n.open)
		switch {
		case b.char == '[' || b.char == '{':
			last := b.at == len(word)-1
			b.at += indent
			n.open = append(n.open, openBracket{bracket: b, line: i, indent: indent, last: last})
			continue
		case k == 0 || n.open[k-1].char != opposite(b.char):
			return unclear // the parser fails here as well
		case closes && n.open[k-1].line < i && n.open[k-1].indent != indent:
			return &fault{i, indent + b.at, surplus}
		}
		n.open, from = n.open[:k-1], min(from, k-1)
	}
	for k := from; k < len(n.open)-1; k++ {
		n.open[k].double = n.open[k].line == i
	}
	return nil
}

// openerMissing: line i is indented more than what is open. The bracket was at the
// end of the line above, or on a separate line, of which only the blanks are left.
func (n *bracketSearch) openerMissing(i, indent int, closes bool) *fault {
	for k := i - 1; k >= 0; k-- {
		blank, deep := len(bytes.TrimSpace(n.lines[k])) == 0, indentOf(n.lines[k])
		if blank && deep > 0 && deep <= indent || !blank && (!closes || deep <= indent) {
			return n.missingAt(k)
		}
	}
	return unclear
}

// closerMissing: at the indentation of line i, top should have been closed.
func (n *bracketSearch) closerMissing(i int, top openBracket) *fault {
	before := strings.TrimSpace(string(n.lines[i-1]))
	switch {
	case top.double:
		return &fault{top.line, top.at, surplus}
	case (before == "" && i < len(n.lines)) || before == ",":
		return n.missingAt(i - 1)
	case !top.last:
		return n.missingAt(top.line)
	}
	return n.missingAt(i - 1)
}

// missingAt: a bracket was at the end of the line, before its comma.
func (n *bracketSearch) missingAt(line int) *fault {
	return &fault{line, endOf(n.lines[line]), missing}
}

// endOf returns where a line ends, without its comma; for a blank line, its
// indentation.
func endOf(line []byte) int {
	return max(len(bytes.TrimRight(line, " \t\r,")), indentOf(bytes.TrimRight(line, "\r")))
}

func indentOf(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }

func opposite(closer byte) byte { return closer - 2 } // in ASCII, of both kinds

type bracket struct {
	char byte
	at   int // the byte of its line
}

// brackets lists the brackets of a line that are not part of a text.
func brackets(line string) (out []bracket) {
	text := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case !text && strings.IndexByte("[]{}", c) >= 0:
			out = append(out, bracket{c, i})
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
