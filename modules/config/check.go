package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// check runs the rules of a section on v, which is a *T.
func (s *section) check(v any, tree *document.Node) (problems []Problem) {
	for _, rule := range s.checks {
		for _, err := range flatten(runRule(rule, v)) {
			problems = append(problems, s.problem(err, tree))
		}
	}
	return problems
}

// runRule runs a rule of the application. A panic becomes its error.
func runRule(rule func(any) error, v any) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the check panicked: %v", r)
		}
	}()
	return rule(v)
}

// flatten returns the parts of an error of errors.Join. It leaves an error that
// adds text around its causes.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	many, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // only what was joined at this level
	if !ok || len(many.Unwrap()) == 0 || errors.Join(many.Unwrap()...).Error() != err.Error() {
		return []error{err}
	}
	var out []error
	for _, e := range many.Unwrap() {
		out = append(out, flatten(e)...)
	}
	return out
}

// located returns the parts of an error that name a setting, with their positions.
func (s *section) located(err error, tree *document.Node) (problems []Problem) {
	for _, e := range flatten(err) {
		if p := s.problem(e, tree); p.Key != s.name {
			problems = append(problems, p)
		}
	}
	return problems
}

// problem gives an error of a rule its position: the line of the setting that it
// names, the variable or flag that set it, or the section.
func (s *section) problem(err error, tree *document.Node) Problem {
	key, at := s.name, tree.Find(s.path)
	reason := err.Error()
	var ke *keyError
	if errors.As(err, &ke) {
		key, reason = bind.Join(s.name, ke.key), ke.err.Error()
		at = at.Nearest(ke.key)
	}
	for _, l := range s.leaves { // a rule that does not import this package names it in words
		if rest, ok := strings.CutPrefix(reason, l.key); ok && ke == nil && strings.HasPrefix(strings.TrimPrefix(rest, ":"), " ") {
			key, reason = l.key, strings.TrimLeft(rest, ": ")
			if n := tree.Find(l.path); n != nil {
				at = n
			}
		}
	}
	p := Problem{Key: key, Reason: reason}
	if at != nil {
		p = problemAt(at.At, key, reason, "")
	}
	p.err = err
	return p
}
