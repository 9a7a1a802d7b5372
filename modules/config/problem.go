package config

import (
	"fmt"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A Problem is one mistake in a configuration, described so that it can be repaired
// without reading source code.
type Problem struct {
	File   string `json:"file,omitempty"`   // the file of the value, if it came from one
	Line   int    `json:"line,omitempty"`   // 1-based; 0 = unknown
	Col    int    `json:"col,omitempty"`    // 1-based; 0 = unknown
	Source string `json:"source,omitempty"` // "env TODO_HTTP_ADDR" or "flag --http.addr" for values from elsewhere
	Key    string `json:"key,omitempty"`    // "http.addr", "hosts[2].port"
	Reason string `json:"reason"`           // what is wrong
	Hint   string `json:"hint,omitempty"`   // what to write instead

	err       error  // the cause, for errors.Is
	meant     string // of an unknown key, the setting that was probably meant
	further   bool   // it stands for problems that are not listed
	duplicate bool   // the key has a value nevertheless, which is uncertain
}

// String writes the problem on one line: file:line:col: key: reason (hint). Unknown
// parts are left out.
func (p Problem) String() string {
	var parts []string
	switch {
	case p.Source != "":
		parts = append(parts, p.Source)
	case p.File != "" && p.Line > 0 && p.Col > 0:
		parts = append(parts, fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col))
	case p.File != "" && p.Line > 0:
		parts = append(parts, fmt.Sprintf("%s:%d", p.File, p.Line))
	case p.File != "":
		parts = append(parts, p.File)
	}
	if p.Key != "" {
		parts = append(parts, p.Key)
	}
	s := strings.Join(append(parts, p.Reason), ": ")
	if p.Hint != "" {
		s += " (" + p.Hint + ")"
	}
	return s
}

// An InvalidError is returned for a configuration that was read and not accepted.
// It holds every problem, in the order of file and line.
type InvalidError struct {
	Problems []Problem
}

func (e *InvalidError) Error() string {
	switch len(e.Problems) {
	case 0:
		return "configuration not accepted"
	case 1:
		return "configuration not accepted: " + e.Problems[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "configuration not accepted, %d problems:", len(e.Problems))
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// Unwrap returns the causes of the problems that have one, such as fs.ErrNotExist.
func (e *InvalidError) Unwrap() []error {
	var errs []error
	for _, p := range e.Problems {
		if p.err != nil {
			errs = append(errs, p.err)
		}
	}
	return errs
}

// Invalid returns an error about a setting. A Check or Validate returns it (several
// joined with errors.Join), so that the report can point at the line. The key is
// relative to the section: "addr", "tls.cert_file", "hosts[2].port".
func Invalid(key, format string, args ...any) error {
	return &keyError{key: key, err: fmt.Errorf(format, args...)}
}

type keyError struct {
	key string
	err error
}

func (e *keyError) Error() string { return e.key + ": " + e.err.Error() }
func (e *keyError) Unwrap() error { return e.err }

// furtherProblems returns a problem that stands for those that are not listed.
func furtherProblems(n int) Problem {
	return Problem{Reason: fmt.Sprintf("and %d more problems", n), further: true}
}

// problemAt returns a problem of the value at o.
func problemAt(o document.Origin, key, reason, hint string) Problem {
	p := Problem{Key: key, Reason: reason, Hint: hint}
	if o.Kind == "file" {
		p.File, p.Line, p.Col = o.Name, o.Line, o.Col
	} else if o.Kind != "" {
		p.Source = o.String()
	}
	return p
}

// problemsOf returns the problems that a decoder found.
func problemsOf(found []bind.Problem) []Problem {
	out := make([]Problem, 0, len(found))
	for _, m := range found {
		p := problemAt(m.At, m.Key, m.Reason, m.Hint)
		p.err, p.meant = m.Err, m.Meant
		out = append(out, p)
	}
	return out
}
