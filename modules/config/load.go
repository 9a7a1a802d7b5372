package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A candidate is a configuration as it was read: fit to come into force if it
// has no problems.
type candidate struct {
	values       []any // in the order of Catalog.sections
	tree         *document.Node
	in           *inputs
	sum          string // digest of all that was read
	files        []string
	problems     []Problem
	readProblems []Problem                // the problems of reading, which leave settings in doubt
	took         map[string]time.Duration // by step
}

// load reads, parses, resolves, decodes and checks, and collects all problems.
// had are the files in force, none at start.
func (l *Catalog) load(in *inputs, had []string) *candidate {
	c := &candidate{in: in, took: map[string]time.Duration{}}
	clock := time.Now()
	lap := func(step string) {
		c.took[step] += time.Since(clock)
		clock = time.Now()
	}
	c.files = l.src.documents(c.in, had)
	for _, path := range c.files {
		_, _ = c.in.read(path) // the error is kept, and reported by addDocument
	}
	lap("read")
	c.tree = &document.Node{Table: map[string]*document.Node{}}
	for _, path := range c.files {
		l.addDocument(c, path)
	}
	lap("parse")
	c.problems = append(c.problems, l.src.overrides(c.tree, l.sections, c.in)...)
	lap("resolve")
	l.decode(c)
	lap("validate")
	c.sum = c.in.sum()
	c.sort()
	return c
}

// sort puts the problems into the order of the files, line by line.
func (c *candidate) sort() {
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		if a.further != b.further {
			return cmp.Compare(asNumber(a.further), asNumber(b.further))
		}
		if i, j := slices.Index(c.files, a.File), slices.Index(c.files, b.File); i != j {
			return i - j
		}
		return cmp.Or(a.Line-b.Line, a.Col-b.Col)
	})
}

func (l *Catalog) addDocument(c *candidate, path string) {
	data, err := c.in.read(path)
	if err != nil {
		reason, hint := whyUnreadable(err)
		if hint == "" && l.src.named != "" {
			hint = "named " + l.src.named
		}
		c.problems = append(c.problems, Problem{File: path, Reason: reason, Hint: hint, err: err})
		return
	}
	tree, problems := document.Parse(c.in.ctx, path, formatOf(path), data)
	for _, p := range problems {
		if p.More > 0 {
			c.problems = append(c.problems, furtherProblems(p.More))
			continue
		}
		c.problems = append(c.problems, Problem{File: path, Line: p.Line, Col: p.Col, Key: p.Key,
			Reason: p.Reason, Hint: p.Hint, err: p.Err, duplicate: p.Duplicate})
	}
	if tree != nil {
		c.tree = document.Overlay(c.tree, tree)
	}
}

// formatOf is the format that the extension of a path names.
func formatOf(path string) string {
	return strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
}

// decode fills every section, and then has the rules of each look at it.
func (l *Catalog) decode(c *candidate) {
	d := &decoder{in: c.in, known: l.keys}
	l.unknownKeys(d, c.tree, "")
	for _, s := range l.sections {
		c.values = append(c.values, l.section(d, s, c.tree))
	}
	c.readProblems = append(c.problems, d.problems...)
	c.problems = slices.Clone(c.readProblems)
	if d.more > 0 {
		c.problems = append(c.problems, furtherProblems(d.more))
	}
	for i, s := range l.sections {
		if c.values[i] != nil { // else its default panicked
			c.problems = append(c.problems, l.certain(s, c.values[i], c)...)
		}
	}
}

// section decodes one section over its defaults. A panic in a default or in
// an UnmarshalText is a problem of that section.
func (l *Catalog) section(d *decoder, s *section, tree *document.Node) (v any) {
	defer func() {
		if r := recover(); r != nil {
			d.problems = append(d.problems, Problem{Key: s.name, Reason: fmt.Sprintf("panic while reading: %v", r)})
		}
	}()
	v = s.fresh()
	switch n := tree.Find(s.path); {
	case n == nil:
	case s.isMap():
		d.value(n, reflect.ValueOf(v).Elem(), s.name)
	default:
		d.table(n, s.shape, reflect.ValueOf(v).Elem(), s.name, l.below(s.name+"."))
	}
	return v
}
