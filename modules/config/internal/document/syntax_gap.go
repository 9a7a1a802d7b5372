package document

import (
	"bytes"
	"strings"

	"github.com/gracefulfx/graceful/internal/lazy"
)

// If a comma or a bracket is missing at the end of a line, or there is a comma too
// many, a parser notices that at the next token, perhaps some lines below. The
// place is searched from there upwards; line 0 means that it is unknown.

// jsonItem matches what may follow a comma on a separate line.
var jsonItem = lazy.Regexp(`^("[^"]*"\s*(:|,|$)|[{\[]\s*($|["{\[0-9tfn-])|(-?[0-9][0-9.eE+-]*|true|false|null)\s*(,|$))`)

// findJSONGap finds what is wrong at the end of a line above the character that the
// parser did not expect: a comma is missing, or the bracket that begins a table is,
// or a comma precedes the end of a table.
func findJSONGap(data []byte, offset int, reason string) (line, col int, hint string) {
	if offset < 0 || offset >= len(data) {
		return 0, 0, ""
	}
	if before := bytes.TrimRight(data[:offset], " \t\r\n"); strings.IndexByte("]}", data[offset]) >= 0 && bytes.HasSuffix(before, []byte(",")) {
		line, col = lineAndColumn(data, len(before)-1)
		return line, col, "there is a comma too many"
	}
	if !strings.Contains(reason, " after ") {
		return 0, 0, ""
	}
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	rest, _, _ := bytes.Cut(data[offset:], []byte("\n"))
	above := bytes.TrimRight(data[:start], " \t\r\n")
	switch {
	case Empty(data[start:offset]) && jsonItem().Match(bytes.TrimRight(rest, " \t\r")):
		hint = "a comma is missing"
	case data[offset] == ':' && (len(above) == 0 || above[len(above)-1] == ':'):
		hint = "a bracket is missing"
	default:
		return 0, 0, ""
	}
	line, col = lineAndColumn(data, len(above))
	return line, col, hint
}

// findArrayGap finds what is missing in an array of TOML, above the place (from 1)
// at which the parser noticed: a comma, or a bracket.
func findArrayGap(data []byte, noticed, col int) (line, at int, hint string) {
	lines := bytes.Split(data, []byte("\n"))
	text := func(i int) string { return strings.TrimSpace(string(lines[i])) }
	if noticed < 1 || noticed > len(lines) || text(noticed-1) == "" {
		return 0, 0, ""
	}
	next := text(noticed - 1)
	if above := noticed - 2; above >= 0 && col == indentOf(lines[noticed-1])+1 && next[0] != '[' && !strings.Contains(next, "=") {
		if end := text(above); end != "" && strings.IndexByte(",[", end[len(end)-1]) < 0 && (next[0] == '"' || next[0] == '\'') {
			return noticed - 1, endOf(lines[above]) + 1, "a comma is missing"
		}
		return 0, 0, ""
	}
	for i, open := noticed-2, 0; i >= 0; i-- { // the parser is beyond the array: it was never closed
		for _, b := range brackets(text(i)) {
			open += map[byte]int{'[': 1, ']': -1}[b.char]
		}
		switch here := text(i); {
		case open <= 0:
			continue
		case here == next:
			return 0, 0, ""
		case !strings.HasSuffix(here, "["), strings.HasSuffix(here, "[["):
			return i + 1, 0, "a bracket is missing, or one too many"
		}
		for k := i + 1; k < noticed-1; k++ {
			if text(k) == "" {
				return k + 1, endOf(lines[k]) + 1, missing
			}
		}
		return 0, 0, ""
	}
	return 0, 0, ""
}
