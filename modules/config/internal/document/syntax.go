package document

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/gracefulfx/graceful/internal/lazy"
)

var (
	yamlLine = lazy.Regexp(`^(?:yaml: )?line (\d+): (.*)$`)
	noAnchor = lazy.Regexp(`^unknown anchor '(.*)' referenced$`)
)

// syntax returns the problem that a codec's error is about, with its position.
func syntax(ctx context.Context, data []byte, err error) Problem {
	var (
		here *placed
		te   *toml.DecodeError
		je   *json.SyntaxError
		ju   *json.UnmarshalTypeError
	)
	p := Problem{Reason: err.Error(), Err: err}
	switch {
	case errors.As(err, &here):
		return here.Problem
	case errors.As(err, &te):
		p.Line, p.Col = te.Position()
		p.Reason = strings.TrimPrefix(te.Error(), "toml: ")
		p = withArrayGap(data, p)
	case errors.As(err, &je):
		p.Line, p.Col = lineAndColumn(data, int(je.Offset)-1)
		if line, col, hint := findJSONGap(data, int(je.Offset)-1, p.Reason); line > 0 {
			p.Line, p.Col, p.Hint = line, col, hint
		}
		if line, col, hint := findBracket(data); line > 0 && line < p.Line && ofNesting().MatchString(p.Reason) {
			p.Hint = fmt.Sprintf("%s; it is noticed at line %d", hint, p.Line)
			p.Line, p.Col = line, col
		}
	case errors.As(err, &ju):
		p.Line, p.Col = lineAndColumn(data, int(ju.Offset)-1)
		p.Reason = "the file holds " + ju.Value + ", not settings in sections"
	case strings.HasPrefix(p.Reason, "yaml: "):
		p = yamlSyntax(ctx, data, p)
	}
	if strings.Contains(p.Reason, "unexpected end of JSON") {
		p.Reason = "ends too early"
	}
	return p
}

// yamlSyntax takes the position from an error of the YAML parser, or finds a better
// one.
func yamlSyntax(ctx context.Context, data []byte, p Problem) Problem {
	p.Reason = strings.TrimPrefix(p.Reason, "yaml: ")
	if m := yamlLine().FindStringSubmatch(p.Reason); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Reason = m[2]
	}
	if m := noAnchor().FindStringSubmatch(p.Reason); m != nil { // perhaps it was a secret
		p.Line, p.Col = lineAndColumn(data, bytes.Index(data, []byte("*"+m[1])))
		p.Reason, p.Hint = "refers to an anchor that does not exist", "a text that begins with * or & has to be in quotes"
		p.Err = nil
		return p
	}
	if line, col, hint := findYAMLFault(ctx, data); line > 0 {
		p.Line, p.Col, p.Hint = line, col, hint
	}
	return p
}

// withArrayGap gives a problem of TOML a better position, if something is missing
// in an array further up.
func withArrayGap(data []byte, p Problem) Problem {
	if ofArray().MatchString(p.Reason) {
		if line, col, hint := findArrayGap(data, p.Line, p.Col); line > 0 {
			p.Line, p.Col, p.Hint = line, col, hint
		}
	}
	return p
}

// ofNesting matches the errors of a parser when a bracket is missing further up: it
// has met something that may occur in a file, but not in the construct where it
// believes to be.
var ofNesting = lazy.Regexp(`unexpected end|'[]},:]' after |'{' looking for beginning of object key|']' looking for beginning of object key`)

// ofArray matches the errors of the TOML parser when something is missing in an
// array further up.
var ofArray = lazy.Regexp(`expected ',' or '\]' after array|at start of value`)
