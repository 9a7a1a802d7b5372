package document

import (
	"bytes"
	"fmt"
)

// maxValues is how many values a document may hold. A parser needs some hundred
// bytes of memory for each, and a configuration has a few hundred.
const maxValues = 100_000

var errTooManyValues = fmt.Errorf("holds more than %d values", maxValues)

// tooManyValues counts the characters with which values can begin, before anything
// is parsed. For text with commas and brackets the count is too high, but never too
// low.
func tooManyValues(data []byte) bool {
	n := 0
	for line := range bytes.Lines(data) {
		line = bytes.TrimLeft(line, " \t\r\n")
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		n++
		for i, b := range line {
			switch b {
			case ',', '[', '{':
				n++
			case '-', '?', ':': // of YAML: several values on one line
				if i+1 < len(line) && line[i+1] == ' ' {
					n++
				}
			}
		}
		if n > 2*maxValues {
			return true
		}
	}
	return false
}

// tooDeeplyNested reports whether brackets or dots outside of texts are nested so
// deeply that a recursive parser would need much memory.
func tooDeeplyNested(data []byte) bool {
	depth, dots, quote := 0, 0, byte(0)
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote || c == '\n' {
				quote = 0
			}
			continue
		case c == '"' || c == '\'':
			quote = c
		case c == '.':
			dots++
		case c == '\n' || c == '=' || c == ',':
			dots = 0
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth = max(depth-1, 0)
		}
		if depth > 10*maxDepth || dots > 10*maxDepth {
			return true
		}
	}
	return false
}
