package config

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
	"github.com/gracefulfx/graceful/modules/config/internal/override"
)

// A Catalog knows every setting of a program and the sources of their values. It
// never changes: start, check, dry run and reload read through the same one. It can
// write a sample file and a schema without reading any value.
type Catalog struct {
	sections []*section // by name
	src      resolved
	keys     []string // every setting there is
	settings []override.Setting
	limits   disk.Timing
	reads    *disk.Reads
}

func newCatalog(sections []*section, src Source) (*Catalog, error) {
	l := &Catalog{sections: slices.Clone(sections), src: src.resolve(), limits: disk.AtReload, reads: &disk.Reads{}}
	slices.SortFunc(l.sections, func(a, b *section) int { return strings.Compare(a.name, b.name) })
	var errs []error
	var once []*section
	for i, s := range l.sections {
		errs = append(errs, s.errs...)
		if i > 0 && l.sections[i-1].name == s.name {
			errs = append(errs, fmt.Errorf("config: section %q is declared twice; give each its own name", s.name))
			continue // else its settings would collide with themselves
		}
		once = append(once, s)
		for _, leaf := range s.leaves {
			l.keys = append(l.keys, leaf.key)
		}
		for _, key := range l.below(s.prefix()) {
			if s.isWhole() {
				errs = append(errs, fmt.Errorf("config: section %q is one setting as a whole, so %q cannot be a section below it", s.name, s.prefix()+key))
			} else if s.shape.ByKey[key] != nil {
				errs = append(errs, fmt.Errorf("config: the setting %q of section %q is also the name of a section", key, s.name))
			}
		}
	}
	l.settings = settingsOf(once)
	errs = append(errs, l.src.over.Collisions(l.settings)...)
	return l, errors.Join(errs...)
}

// settingsOf returns the settings as package override needs them.
func settingsOf(sections []*section) (out []override.Setting) {
	for _, s := range sections {
		for _, leaf := range s.leaves {
			out = append(out, override.Setting{Member: leaf.Member, Name: leaf.key, Path: leaf.path,
				Default: func() reflect.Value { return leaf.value(s.fresh()) }})
		}
	}
	return out
}

// inputs begins a load.
func (l *Catalog) inputs(ctx context.Context, p disk.Timing) *disk.Inputs {
	in := disk.New(ctx, l.src.base, p)
	in.Reads = l.reads
	return in
}

// lookup returns the section of that name, or nil.
func (l *Catalog) lookup(name string) *section {
	i := slices.IndexFunc(l.sections, func(s *section) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	return l.sections[i]
}

// below returns the keys that lead from prefix ("", "http.") to sections.
func (l *Catalog) below(prefix string) (keys []string) {
	for _, s := range l.sections {
		if rest, ok := strings.CutPrefix(s.name, prefix); ok && rest != "" {
			key, _, _ := strings.Cut(rest, ".")
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// unknownKeys reports keys outside of every section.
func (l *Catalog) unknownKeys(d *bind.Decoder, n *document.Node, prefix string) {
	inner := l.below(prefix)
	outside := l.lookup(strings.TrimSuffix(prefix, ".")) == nil
	for _, key := range n.Keys() {
		full, child := prefix+key, n.Table[key]
		switch {
		case slices.Contains(inner, key) && child.IsTable():
			l.unknownKeys(d, child, full+".")
		case slices.Contains(inner, key):
			if l.lookup(full) == nil && !child.IsNull() { // else the section reports it
				d.Fail(child, full, "expected settings below it, found "+child.Show(), "", nil)
			}
		case outside && !(prefix == "" && bind.IsOperators(key)):
			d.Unknown(child, strings.TrimSuffix(prefix, "."), key, inner)
		}
	}
}
