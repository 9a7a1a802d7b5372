package document

import (
	"bytes"
	"errors"
	"regexp"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxDuplicates is how many keys of a TOML file are told to stand twice; each costs
// a parse.
const maxDuplicates = 50

// duplicateError is what the parser of TOML says of a key that is there already.
var duplicateError = regexp.MustCompile(`already (defined|exists)|should be a table, not a value`)

// tomlWithoutDuplicates parses a file, without every key of which the parser says
// that it stands twice. A table that does is parsed by itself, and added. With an
// error it returns what stands twice up to there.
func tomlWithoutDuplicates(data []byte) (c content, err error) {
	m, err := decode("toml", data)
	var again []span
	for ; err != nil; m, err = decode("toml", data) {
		var at *toml.DecodeError
		if !errors.As(err, &at) || !duplicateError.MatchString(at.Error()) || len(again) == maxDuplicates {
			return c, err
		}
		line, _ := at.Position()
		s, ok := spanAt(data, line)
		if !ok {
			return c, err
		}
		ms := positions{}
		data = s.without(data)
		tomlPositions(data, ms)
		if first, ok := ms[s.path]; ok {
			c.problems = append(c.problems, duplicateKey(s.path, first, s.position))
		} else { // within one line: a = {b = 1, b = 2}
			p := syntax(data, err)
			p.Key, p.Duplicate = keyOf(s.path), true
			c.problems = append(c.problems, &placed{p})
		}
		again = append(again, s)
	}
	c.value, c.positions = m, positions{}
	tomlPositions(data, c.positions)
	for _, s := range again {
		if !s.table {
			continue
		}
		if more, err := tomlWithoutDuplicates(s.text); err == nil {
			c.value = merge(c.value, more.value)
			c.positions.add(more.positions)
			c.problems = append(c.problems, more.problems...)
		}
	}
	return c, nil
}

// A span is one expression of a TOML file: a line, or a table with all its lines.
type span struct {
	position
	path       string
	table      bool
	begin, end int
	text       []byte // of a table: the file, of which only the span is left
}

// spanAt finds the expression that begins at a line.
func spanAt(data []byte, line int) (s span, found bool) {
	defer func() {
		if recover() != nil { // as tomlMarks does
			found = false
		}
	}()
	t := tomlWalker{positions: positions{}, lines: linesOf(data), count: map[string]int{}}
	t.walk(data, func(e *unstable.Node, path string) {
		keys := e.Key()
		keys.Next()
		here := t.lines.position(int(keys.Node().Raw.Offset))
		table := e.Kind != unstable.KeyValue
		begin := t.lines[here.line-1]
		switch {
		case found && s.end == len(data) && (table || !s.table):
			s.end = begin
		case !found && here.line == line:
			s, found = span{position: here, path: path, table: table, begin: begin, end: len(data)}, true
		}
	})
	if s.table {
		s.text = span{begin: s.end, end: len(data)}.without(span{end: s.begin}.without(data))
	}
	return s, found
}

// without blanks the span out; the lines stay where they are.
func (s span) without(data []byte) []byte {
	out := bytes.Clone(data)
	for i := s.begin; i < s.end; i++ {
		if out[i] != '\n' {
			out[i] = ' '
		}
	}
	return out
}
