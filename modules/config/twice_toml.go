package config

import (
	"bytes"
	"errors"
	"regexp"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxTwice is how many keys of a TOML file are told to stand twice; each costs a parse.
const maxTwice = 50

// ofTwice is what the parser of TOML says of a key that is there already.
var ofTwice = regexp.MustCompile(`already (defined|exists)|should be a table, not a value`)

// tomlOnce parses a file, without every key of which the parser says that it
// stands twice. A table that does is parsed by itself, and added. With an error
// it returns what stands twice up to there.
func tomlOnce(data []byte) (c content, err error) {
	m, err := parse("toml", data)
	var again []span
	for ; err != nil; m, err = parse("toml", data) {
		var at *toml.DecodeError
		if !errors.As(err, &at) || !ofTwice.MatchString(at.Error()) || len(again) == maxTwice {
			return c, err
		}
		line, _ := at.Position()
		s, ok := spanAt(data, line)
		if !ok {
			return c, err
		}
		ms := marks{}
		data = s.without(data)
		tomlMarks(data, ms)
		if first, ok := ms[s.path]; ok {
			c.wrong = append(c.wrong, standsTwice(s.path, first, s.mark))
		} else { // within one line: a = {b = 1, b = 2}
			p := syntax(data, err)
			p.Key, p.twice = keyOf(s.path), true
			c.wrong = append(c.wrong, &placed{p})
		}
		again = append(again, s)
	}
	c.value, c.marks = m, marks{}
	tomlMarks(data, c.marks)
	for _, s := range again {
		if !s.table {
			continue
		}
		if more, err := tomlOnce(s.text); err == nil {
			c.value = addTo(c.value, more.value)
			c.marks.add(more.marks)
			c.wrong = append(c.wrong, more.wrong...)
		}
	}
	return c, nil
}

// A span is one expression of a TOML file: a line, or a table with all its lines.
type span struct {
	mark
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
	t := tomlMarker{marks: marks{}, lines: linesOf(data), count: map[string]int{}}
	t.walk(data, func(e *unstable.Node, path string) {
		keys := e.Key()
		keys.Next()
		here := t.lines.mark(int(keys.Node().Raw.Offset))
		table := e.Kind != unstable.KeyValue
		begin := t.lines[here.line-1]
		switch {
		case found && s.end == len(data) && (table || !s.table):
			s.end = begin
		case !found && here.line == line:
			s, found = span{mark: here, path: path, table: table, begin: begin, end: len(data)}, true
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
