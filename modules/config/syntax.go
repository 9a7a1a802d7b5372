package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"
)

// placed is an error that knows its place.
type placed struct {
	line, col int
	reason    string
}

func (e *placed) Error() string { return e.reason }

var (
	yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	yamlTop  = regexp.MustCompile(`cannot unmarshal !!(\w+) .*into map\[string\]interface`)
)

// syntax says what a codec did not understand, and where.
func syntax(data []byte, err error) Problem {
	var (
		here *placed
		te   *toml.DecodeError
		je   *json.SyntaxError
		ju   *json.UnmarshalTypeError
		ye   *yaml.TypeError
	)
	p := Problem{Reason: err.Error(), err: err}
	switch {
	case errors.As(err, &here):
		p.Line, p.Col = here.line, here.col
	case errors.As(err, &te):
		p.Line, p.Col = te.Position()
		p.Reason = strings.TrimPrefix(te.Error(), "toml: ")
		if ofArray.MatchString(p.Reason) {
			if line, hint := arrayGap(data, p.Line, p.Col); line > 0 {
				p.Line, p.Col, p.Hint = line, 1, hint
			}
		}
	case errors.As(err, &je):
		p.Line, p.Col = lineAndColumn(data, int(je.Offset)-1)
		p.Line, p.Col, p.Hint = jsonGap(data, int(je.Offset)-1, p)
		if i, hint := nesting(data); i >= 0 && i+1 < p.Line && ofNesting.MatchString(p.Reason) {
			p.Hint = fmt.Sprintf("%s; it is noticed at line %d", hint, p.Line)
			p.Line, p.Col = i+1, 1
		}
	case errors.As(err, &ju):
		p.Line, p.Col = lineAndColumn(data, int(ju.Offset)-1)
		p.Reason = "the file holds " + ju.Value + ", not settings in sections"
	case errors.As(err, &ye):
		p.Reason = ye.Errors[0]
		fallthrough
	default:
		p.Reason = strings.TrimPrefix(p.Reason, "yaml: ")
		if m := yamlLine.FindStringSubmatch(p.Reason); m != nil {
			p.Line, _ = strconv.Atoi(m[1])
			p.Reason = m[2]
		}
		if yamlTop.MatchString(p.Reason) {
			p.Reason, p.Hint = "the file holds no settings in sections", "write the name of a section and a colon, and below it, indented, its settings"
		}
		if ye == nil {
			if line, hint := blame(data); line > 0 {
				p.Line, p.Hint = line, hint
			}
		}
	}
	if strings.Contains(p.Reason, "unexpected end of JSON") {
		p.Reason = "ends too early"
	}
	return p
}

// ofNesting is what a parser says when a bracket was missing further up: it
// has met something that may stand in a file, but not in what it believes to be in.
var ofNesting = regexp.MustCompile(`unexpected end|'[]},:]' after |'{' looking for beginning of object key|']' looking for beginning of object key`)

// ofArray is what the parser of TOML says there.
var ofArray = regexp.MustCompile(`expected ',' or '\]' after array|at start of value`)

// jsonItem is what may follow a comma on a line of its own.
var jsonItem = regexp.MustCompile(`^("[^"]*"\s*(:|,|$)|[{\[]\s*($|["{\[0-9tfn-])|(-?[0-9][0-9.eE+-]*|true|false|null)\s*(,|$))`)

// jsonGap finds what is missing at the end of a line above the character that
// the parser did not expect: a comma, or the bracket that begins a table.
func jsonGap(data []byte, offset int, p Problem) (line, col int, hint string) {
	if offset < 0 || offset >= len(data) || !strings.Contains(p.Reason, " after ") {
		return p.Line, p.Col, p.Hint
	}
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	rest, _, _ := bytes.Cut(data[offset:], []byte("\n"))
	above := bytes.TrimRight(data[:start], " \t\r\n")
	switch {
	case blank(data[start:offset]) && jsonItem.Match(bytes.TrimRight(rest, " \t\r")):
		hint = "a comma is missing"
	case data[offset] == ':' && (len(above) == 0 || above[len(above)-1] == ':'):
		hint = "a bracket is missing"
	default:
		return p.Line, p.Col, p.Hint
	}
	line, col = lineAndColumn(data, len(above))
	return line, col, hint
}

// arrayGap finds what is missing in an array of TOML, above the place (from 1)
// at which the parser noticed: a comma, or a bracket.
func arrayGap(data []byte, noticed, col int) (line int, hint string) {
	lines := bytes.Split(data, []byte("\n"))
	text := func(i int) string { return strings.TrimSpace(string(lines[i])) }
	if noticed < 1 || noticed > len(lines) || text(noticed-1) == "" {
		return 0, ""
	}
	next := text(noticed - 1)
	if above := noticed - 2; above >= 0 && col == indentOf(lines[noticed-1])+1 && next[0] != '[' && !strings.Contains(next, "=") {
		if end := text(above); end != "" && strings.IndexByte(",[", end[len(end)-1]) < 0 && (next[0] == '"' || next[0] == '\'') {
			return noticed - 1, "a comma is missing"
		}
		return 0, ""
	}
	for i, open := noticed-2, 0; i >= 0; i-- { // the parser is past the array: it was never closed
		for _, b := range brackets(text(i)) {
			open += map[byte]int{'[': 1, ']': -1}[b.char]
		}
		switch here := text(i); {
		case open <= 0:
			continue
		case here == next:
			return 0, ""
		case !strings.HasSuffix(here, "["), strings.HasSuffix(here, "[["):
			return i + 1, "a bracket is missing, or one too many"
		}
		for k := i + 1; k < noticed-1; k++ {
			if text(k) == "" {
				return k + 1, missing
			}
		}
		return 0, ""
	}
	return 0, ""
}
