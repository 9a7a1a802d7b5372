package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"
)

// placed is an error that is a problem already, but for its file.
type placed struct{ Problem }

func (e *placed) Error() string { return e.Reason }

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
	p := Problem{Reason: err.Error(), Err: err}
	switch {
	case errors.As(err, &here):
		return here.Problem
	case errors.As(err, &te):
		p.Line, p.Col = te.Position()
		p.Reason = strings.TrimPrefix(te.Error(), "toml: ")
		if ofArray.MatchString(p.Reason) {
			if line, col, hint := findArrayGap(data, p.Line, p.Col); line > 0 {
				p.Line, p.Col, p.Hint = line, col, hint
			}
		}
	case errors.As(err, &je):
		p.Line, p.Col = lineAndColumn(data, int(je.Offset)-1)
		if line, col, hint := findJSONGap(data, int(je.Offset)-1, p.Reason); line > 0 {
			p.Line, p.Col, p.Hint = line, col, hint
		}
		if line, col, hint := findBracket(data); line > 0 && line < p.Line && ofNesting.MatchString(p.Reason) {
			p.Hint = fmt.Sprintf("%s; it is noticed at line %d", hint, p.Line)
			p.Line, p.Col = line, col
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
			if line, col, hint := findYAMLFault(data); line > 0 {
				p.Line, p.Col, p.Hint = line, col, hint
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

// ofArray is what the parser of TOML says when something was missing in an
// array further up.
var ofArray = regexp.MustCompile(`expected ',' or '\]' after array|at start of value`)
