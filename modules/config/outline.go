package config

import (
	"encoding"
	"fmt"
	"reflect"
)

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
			t.parts = append(t.parts, &outline{key: leaf.member.key, leaf: leaf, value: leaf.value(values)})
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

// plainValue gives a default as what a file would hold. It is nil when there
// is none that could be written down, and for secrets.
func plainValue(v reflect.Value) any {
	switch t := v.Type(); {
	case t == secretType:
		return nil
	case t == durationType:
		return fmt.Sprint(v.Interface())
	case t == fileRefType:
		return v.Interface().(FileRef).Path()
	case isScalar(t) && reflect.PointerTo(t).Implements(textType):
		m, ok := v.Interface().(encoding.TextMarshaler)
		if !ok {
			return fmt.Sprint(v.Interface())
		}
		text, err := m.MarshalText()
		if err != nil || v.IsZero() {
			return nil // its text need not be one that can be read
		}
		return string(text)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plainValue(v.Elem())
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plainValue(v.Index(i))
		}
		return out
	case reflect.Map:
		out := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			out[it.Key().String()] = plainValue(it.Value())
		}
		return out
	case reflect.Struct:
		out := map[string]any{}
		sh, _ := shapeOf(v.Type())
		for _, m := range sh.members {
			out[m.key] = plainValue(v.FieldByIndex(m.index))
		}
		return out
	}
	return v.Interface()
}
