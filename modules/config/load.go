package config

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A loader turns what is on disk into section values. It holds nothing that
// changes, so a dry run and a reload are the same code.
type loader struct {
	sections []*section // by name
	src      resolved
	keys     []string // every setting there is
	limits   patience
}

// newLoader reports what the programmer got wrong.
func newLoader(sections []*section, src Source) (*loader, error) {
	l := &loader{sections: slices.Clone(sections), src: src.resolve(), limits: atReload}
	slices.SortFunc(l.sections, func(a, b *section) int { return strings.Compare(a.name, b.name) })
	var errs []error
	for i, s := range l.sections {
		errs = append(errs, s.errs...)
		if i > 0 && l.sections[i-1].name == s.name {
			errs = append(errs, fmt.Errorf("config: section %q is declared twice; give each its own name", s.name))
		}
		for _, leaf := range s.leaves {
			l.keys = append(l.keys, leaf.key)
		}
		if parent, key, ok := l.parent(s); ok && parent.shape.byKey[key] != nil {
			errs = append(errs, fmt.Errorf("config: section %q collides with the setting %q of section %q", s.name, key, parent.name))
		}
	}
	errs = append(errs, l.src.collisions(l.sections)...)
	return l, errors.Join(errs...)
}

// parent finds the section inside which another one lies, and the key there.
func (l *loader) parent(s *section) (parent *section, key string, ok bool) {
	for _, p := range l.sections {
		if rest, inside := strings.CutPrefix(s.name, p.name+"."); inside {
			key, _, _ = strings.Cut(rest, ".")
			return p, key, true
		}
	}
	return nil, "", false
}

// A candidate is a configuration as it was read: fit to come into force if it
// has no problems.
type candidate struct {
	values   []any // in the order of loader.sections
	tree     *node
	in       *inputs
	sum      string // digest of all that was read
	files    []string
	problems []Problem
	took     map[string]time.Duration // by step
}

// load reads, parses, resolves, decodes and checks, and collects all problems.
// had are the files in force, none at start.
func (l *loader) load(ctx context.Context, p patience, had []string) *candidate {
	c := &candidate{in: newInputs(ctx, p), took: map[string]time.Duration{}}
	clock := time.Now()
	lap := func(step string) {
		c.took[step] += time.Since(clock)
		clock = time.Now()
	}
	c.files = l.src.documents(c.in, had)
	for _, path := range c.files {
		_, _ = c.in.read(path) // the error is kept, and told when it is parsed
	}
	lap("read")
	c.tree = &node{table: map[string]*node{}}
	for _, path := range c.files {
		l.addDocument(c, path)
	}
	lap("parse")
	c.problems = append(c.problems, l.src.overrides(c.tree, l.sections, c.in)...)
	lap("resolve")
	l.decode(c)
	lap("validate")
	c.sum = c.in.sum()
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		if i, j := slices.Index(c.files, a.File), slices.Index(c.files, b.File); i != j {
			return i - j
		}
		return a.Line - b.Line
	})
	return c
}

func (l *loader) addDocument(c *candidate, path string) {
	data, err := c.in.read(path)
	if err != nil {
		reason, hint := whyUnreadable(err)
		if hint == "" && l.src.named != "" {
			hint = "named by " + l.src.named
		}
		c.problems = append(c.problems, Problem{File: path, Reason: reason, Hint: hint, err: err})
		return
	}
	tree, p := document(path, data)
	if p != nil {
		c.problems = append(c.problems, *p)
		return
	}
	c.tree = overlay(c.tree, tree)
}

// decode fills every section and checks it.
func (l *loader) decode(c *candidate) {
	d := &decoder{in: c.in, known: l.keys}
	whole := len(c.problems) == 0 // else a rule would complain of what stands in the unread part
	l.strangers(d, c.tree, "")
	for _, s := range l.sections {
		before := len(d.problems)
		v := l.section(d, s, c.tree)
		if whole && len(d.problems) == before {
			d.problems = append(d.problems, s.check(v, c.tree)...)
		}
		c.values = append(c.values, v)
	}
	c.problems = append(c.problems, d.problems...)
}

// section decodes one section over its defaults. A panic in a default or in
// somebody's UnmarshalText is a problem of that section.
func (l *loader) section(d *decoder, s *section, tree *node) (v any) {
	defer func() {
		if r := recover(); r != nil {
			d.problems = append(d.problems, Problem{Key: s.name, Reason: fmt.Sprintf("panic while reading: %v", r)})
		}
	}()
	v = s.fresh()
	var inner []string // keys of sections that lie in this one
	for _, other := range l.sections {
		if p, key, ok := l.parent(other); ok && p == s {
			inner = append(inner, key)
		}
	}
	if n := tree.find(s.path); n != nil {
		d.table(n, s.shape, reflect.ValueOf(v).Elem(), s.name, inner)
	}
	return v
}

// strangers reports what stands outside of every section. A section that
// begins with "x-" is the operator's own, for YAML anchors.
func (l *loader) strangers(d *decoder, n *node, path string) {
	var names []string // keys that lead to a section
	for _, s := range l.sections {
		if rest, ok := strings.CutPrefix(s.name, path); ok {
			name, _, _ := strings.Cut(rest, ".")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, key := range n.keys() {
		full, child := path+key, n.table[key]
		switch {
		case slices.ContainsFunc(l.sections, func(s *section) bool { return s.name == full }):
		case slices.Contains(names, key) && child.isTable():
			l.strangers(d, child, full+".")
		case slices.Contains(names, key):
			if !child.isNull() {
				d.fail(child, full, "expected settings below it, found "+child.show(), "", nil)
			}
		case path == "" && strings.HasPrefix(key, "x-"):
		default:
			d.unknown(child, strings.TrimSuffix(path, "."), key, names)
		}
	}
}

// fileRef reads the file a setting names.
func (d *decoder) fileRef(n *node, v reflect.Value, key string) {
	path, ok := n.value.(string)
	if !ok {
		d.fail(n, key, "expected a path, found "+n.show(), "", nil)
		return
	}
	if path == "" {
		v.Set(reflect.ValueOf(FileRef{}))
		return
	}
	if n.at.Kind == "file" && !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(n.at.Name), path)
	}
	data, err := d.in.read(path)
	if err != nil {
		reason, hint := whyUnreadable(err)
		d.fail(n, key, path+" "+reason, hint, err)
		return
	}
	v.Set(reflect.ValueOf(FileRef{path: path, data: data}))
}
