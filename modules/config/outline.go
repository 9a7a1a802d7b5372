package config

import "reflect"

// An outline is the tree of all settings with their defaults. Sample file and
// schema are written from it.
type outline struct {
	key   string
	leaf  *leaf
	value reflect.Value // the default, if it is a leaf
	parts []*outline    // settings first, then sections, in the order of their declaration
}

func (l *Catalog) outline() *outline {
	root := &outline{}
	for _, s := range l.sections {
		values := s.fresh()
		if !s.isMap() {
			root.table(s.path)
		}
		for i := range s.leaves {
			leaf := &s.leaves[i]
			t := root.table(leaf.path[:len(leaf.path)-1])
			t.parts = append(t.parts, &outline{key: leaf.Member.Key, leaf: leaf, value: leaf.value(values)})
		}
	}
	return root
}

// table finds or makes the table at the path.
func (o *outline) table(path []string) *outline {
	for _, key := range path {
		var next *outline
		for _, p := range o.parts {
			if p.key == key && p.leaf == nil {
				next = p
			}
		}
		if next == nil {
			next = &outline{key: key}
			o.parts = append(o.parts, next)
		}
		o = next
	}
	return o
}

// settings and tables are the two kinds of parts.
func (o *outline) settings() []*outline { return o.only(true) }
func (o *outline) tables() []*outline   { return o.only(false) }

func (o *outline) only(leaves bool) (out []*outline) {
	for _, p := range o.parts {
		if (p.leaf != nil) == leaves {
			out = append(out, p)
		}
	}
	return out
}
