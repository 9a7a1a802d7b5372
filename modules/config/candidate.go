package config

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
	"github.com/gracefulfx/graceful/modules/config/internal/override"
)

// A candidate is a configuration as it was read: fit to come into force if it
// has no problems.
type candidate struct {
	values       []any // in the order of Catalog.sections
	tree         *document.Node
	in           *disk.Inputs
	sum          string // digest of all that was read
	files        []string
	problems     []Problem
	readProblems []Problem                // the problems of reading, which leave settings uncertain
	over         *override.Layer          // what environment and flags said
	took         map[string]time.Duration // by step
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
	data, err := c.in.Read(path)
	if err != nil {
		reason, hint := disk.WhyUnreadable(err)
		if hint == "" && l.src.named != "" {
			hint = "named " + l.src.named
		}
		c.problems = append(c.problems, Problem{File: path, Reason: reason, Hint: hint, err: err})
		return
	}
	format, unknown := l.src.format(path)
	if unknown != nil {
		c.problems = append(c.problems, *unknown)
		return
	}
	tree, problems := document.Parse(c.in.Ctx, path, format, data)
	for _, p := range problems {
		if p.More > 0 {
			c.problems = append(c.problems, furtherProblems(p.More))
			continue
		}
		c.problems = append(c.problems, Problem{File: path, Line: p.Line, Col: p.Col, Key: p.Key,
			Reason: p.Reason, Hint: p.Hint, err: p.Err, duplicate: p.Duplicate})
	}
	if tree != nil {
		l.dropEmptyTables(c.tree, tree)
		l.appendLists(c.tree, tree)
		c.tree = document.Overlay(c.tree, tree)
	}
}

// dropEmptyTables removes the tables of a document that consist of their name only,
// if an earlier document has them: their content was commented out. An entry of a
// map is different: null removes it.
func (l *Catalog) dropEmptyTables(earlier, tree *document.Node) {
	for _, s := range l.sections {
		for _, leaf := range s.leaves {
			for n := range leaf.path {
				if n == len(leaf.path)-1 && leaf.Type.Kind() != reflect.Map {
					continue // null is the default of a setting that is not a table
				}
				above, key := tree.Find(leaf.path[:n]), leaf.path[n]
				if above.IsTable() && above.Table[key].IsNull() && !earlier.Find(leaf.path[:n+1]).IsNull() {
					delete(above.Table, key)
				}
			}
		}
	}
}

// appendLists puts the elements of an earlier document before those of a setting
// that is tagged merge:"append".
func (l *Catalog) appendLists(earlier, tree *document.Node) {
	for _, s := range l.sections {
		for _, leaf := range s.leaves {
			old, next := earlier.Find(leaf.path), tree.Find(leaf.path)
			if leaf.Appends && old != nil && next != nil && old.IsList && next.IsList {
				next.List = append(old.List, next.List...)
			}
		}
	}
}

// decode fills every section.
func (l *Catalog) decode(c *candidate) {
	d := &bind.Decoder{In: c.in, Known: l.keys, Root: l.lookup("") != nil}
	l.unknownKeys(d, c.tree, "")
	for _, s := range l.sections {
		c.values = append(c.values, l.section(d, s, c.tree))
	}
	c.readProblems = append(c.problems, problemsOf(d.Problems)...)
	c.problems = slices.Clone(c.readProblems)
	if d.More > 0 {
		c.problems = append(c.problems, furtherProblems(d.More))
	}
}

// section decodes one section over its defaults. A panic in a default or in
// an UnmarshalText is a problem of that section.
func (l *Catalog) section(d *bind.Decoder, s *section, tree *document.Node) (v any) {
	defer func() {
		if r := recover(); r != nil {
			d.Problems = append(d.Problems, bind.Problem{Key: s.name, Reason: fmt.Sprintf("panic while reading: %v", r)})
		}
	}()
	v = s.fresh()
	switch n := tree.Find(s.path); {
	case n == nil:
	case s.isWhole():
		d.Value(n, reflect.ValueOf(v).Elem(), s.name)
	default:
		d.Table(n, s.shape, reflect.ValueOf(v).Elem(), s.name, l.below(s.prefix()))
	}
	return v
}
