package document

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gracefulfx/graceful/internal/lazy"
)

// faultLimit is the size of a file up to which the line at fault is searched for;
// the search costs a few dozen parses.
const faultLimit = 256 << 10

// findYAMLFault finds the place at which a YAML file stops being valid. The line of
// the parser is that of the construct it was in, which may begin far above, and it
// has no column. col is 0 where it is unknown, and the line is 0 when no better one
// was found.
func findYAMLFault(ctx context.Context, data []byte) (line, col int, hint string) {
	if len(data) > faultLimit {
		return 0, 0, ""
	}
	lines := bytes.SplitAfter(data, []byte("\n"))
	s := &soundness{ctx: ctx, left: maxParses}
	for i, l := range lines {
		if tab := bytes.IndexByte(l[:indentOf(l)], '\t'); tab >= 0 && s.of(lines[:i]) && !s.of(lines[:i+1]) {
			return i + 1, tab + 1, "YAML is indented with blanks, not tabs"
		}
	}
	good := s.lastLine(lines)
	if good == len(lines) || s.left <= 0 {
		return 0, 0, ""
	}
	if line, hint = faultyLine(lines, good); hint != "" {
		col = indentOf(lines[line-1]) + 1
	}
	return line, col, hint
}

// maxParses is how many prefixes of a file are parsed to find its fault.
const maxParses = 400

// soundness finds out which prefixes of a file are valid.
type soundness struct {
	ctx  context.Context
	left int // parses that are left; at none the search has failed
}

func (s *soundness) of(lines [][]byte) bool {
	if s.left--; s.left <= 0 || s.ctx.Err() != nil {
		s.left = 0
		return false
	}
	var n yaml.Node
	return yaml.Unmarshal(bytes.Join(lines, nil), &n) == nil
}

// lastLine returns the number of lines from the top that are valid. A prefix may be
// invalid only because it ends within a list or a text of several lines; so when a
// longer one is valid again, the search goes on there.
func (s *soundness) lastLine(lines [][]byte) int {
	good, bad := 0, len(lines)
	for {
		for bad-good > 1 {
			if mid := (good + bad) / 2; s.of(lines[:mid]) {
				good = mid
			} else {
				bad = mid
			}
		}
		again := 0
		for n := min(len(lines), good+64); n > good+1 && again == 0 && s.left > 0; n-- {
			if s.of(lines[:n]) {
				again = n
			}
		}
		if again == 0 {
			return good
		}
		good, bad = again, len(lines)
	}
}

var (
	withValue = lazy.Regexp(`^\s*(- )?[^\s#][^:#]*:\s+[^\s|>&#]`)
	keyed     = lazy.Regexp(`^\s*(-\s|-$|\S.*:(\s|$)|[\]}])`)
	wordOnly  = lazy.Regexp(`^\s*-\s+[^:"'\[{]*$`)
	blankLine = lazy.Regexp(`^\s*(#.*)?$`)
)

// faultyLine returns the first line that does not fit, or the one before it, if
// that has no colon, or has a value although the lines below it are indented as if
// it were a section.
func faultyLine(lines [][]byte, good int) (line int, hint string) {
	text := func(i int) string {
		if i < 0 || i >= len(lines) {
			return ""
		}
		return strings.TrimRight(string(lines[i]), "\r\n")
	}
	// A dash counts as a blank: the content of an element is indented after it.
	indent := func(i int) int { return len(text(i)) - len(strings.TrimLeft(text(i), " -")) }
	above := good - 1
	for above >= 0 && blankLine().MatchString(text(above)) {
		above--
	}
	below := good + 1
	for below < len(lines) && blankLine().MatchString(text(below)) {
		below++
	}
	if above >= 0 && (!keyed().MatchString(text(above)) || wordOnly().MatchString(text(above)) && indent(good) == indent(above) && good < len(lines)) {
		return above + 1, "a setting is a key, a colon, a blank and a value"
	}
	if i := oddIndent(lines, above, good); i >= 0 {
		return i + 1, "it is indented differently from the lines around it"
	}
	if above >= 0 && withValue().MatchString(text(above)) && indent(good) > indent(above)+1 && (below >= len(lines) || indent(below) != indent(above)) {
		return above + 1, fmt.Sprintf("line %d is indented below it, but it has a value already", good+1)
	}
	return good + 1, ""
}

// oddIndent returns which of two consecutive lines has an indentation that is off
// by one: the indentation that fewer lines of the file have. It returns -1 if they
// do not differ by one. The first line of a file may be off by itself.
func oddIndent(lines [][]byte, above, good int) int {
	blanks := func(i int) int { return len(lines[i]) - len(bytes.TrimLeft(lines[i], " ")) }
	first, count := -1, map[int]int{}
	for i, l := range lines {
		if blankLine().Match(bytes.TrimRight(l, "\r\n")) {
			continue
		}
		if first < 0 {
			first = i
		}
		count[blanks(i)]++
	}
	if first >= 0 && blanks(first) > 0 && count[0] > 0 {
		return first
	}
	if above < 0 || good >= len(lines) {
		return -1
	}
	content := func(i int) int { return len(lines[i]) - len(bytes.TrimLeft(lines[i], " -")) }
	switch d := content(good) - content(above); {
	case d != 1 && d != -1:
		return -1
	case count[blanks(above)] < count[blanks(good)]:
		return above
	}
	return good
}
