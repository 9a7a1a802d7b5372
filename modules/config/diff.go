package config

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// diff compares the candidate with what is in force, setting by setting, and
// finishes the candidate: a restart-only setting keeps the value in force (so
// that no reader sees one that is not), and a section without a change keeps
// its pointer.
type diff struct {
	changed []Changed
	pending []Changed
	written []document.Origin // where each of the pending is written
	keys    map[int][]string  // changed keys of each section, without its name
}

func (l *Catalog) diff(now *Snapshot, c *candidate) diff {
	d := diff{keys: map[int][]string{}}
	for i, s := range l.sections {
		if c.values[i] == nil {
			continue // its default panicked
		}
		restored, doubts := false, c.uncertain(s)
		for _, leaf := range s.leaves {
			if slices.ContainsFunc(doubts, func(o uncertain) bool { return o.key == leaf.key }) {
				continue // what it will be is not known
			}
			old, next := leaf.value(now.values[i]), leaf.value(c.values[i])
			if same(old, next) {
				continue
			}
			at := originOf(c.tree, leaf.path)
			line := Changed{Key: leaf.key, Old: show(old), New: show(next), Source: at.String()}
			if leaf.restart {
				d.pending, d.written = append(d.pending, line), append(d.written, at)
				next.Set(old)
				c.tree.Restore(leaf.path, now.tree)
				restored = true
				continue
			}
			d.changed = append(d.changed, line)
			d.keys[i] = append(d.keys[i], strings.TrimPrefix(leaf.key, s.name+"."))
		}
		switch {
		case len(d.keys[i]) == 0:
			c.values[i] = now.values[i]
		case restored && len(c.readProblems) == 0: // the mixture of old and new must keep the rules, too
			for _, p := range s.check(c.values[i], c.tree) {
				p.Hint = "together with the settings of " + s.name + " that change only on restart"
				c.problems = append(c.problems, p)
			}
		}
	}
	return d
}

func originOf(tree *document.Node, path []string) document.Origin {
	if n := tree.Find(path); !n.IsNull() {
		return n.At
	}
	return document.Origin{Kind: "default"}
}

// same compares two settings by what they mean, never by where they are.
func same(a, b reflect.Value) bool {
	switch x := a.Interface().(type) {
	case time.Time:
		return x.Equal(b.Interface().(time.Time))
	case FileRef:
		return x.equal(b.Interface().(FileRef))
	}
	if k := a.Kind(); (k == reflect.Map || k == reflect.Slice) && a.Len()+b.Len() == 0 {
		return true // nil or empty is how it came about
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// show writes a value as an operator would, on one line.
func show(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case Secret:
		return strconv.Quote(x.String())
	case time.Duration:
		return x.String()
	case FileRef:
		return strconv.Quote(x.Path())
	case encoding.TextMarshaler:
		if v.Kind() == reflect.Pointer && v.IsNil() {
			return "null"
		}
		if b, err := x.MarshalText(); err == nil {
			return strconv.Quote(string(b))
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return "null"
		}
		return show(v.Elem())
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Slice, reflect.Array:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = show(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Map:
		parts := make([]string, 0, v.Len())
		for it := v.MapRange(); it.Next(); {
			parts = append(parts, show(it.Key())+": "+show(it.Value()))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Struct:
		sh, _ := shapeOf(v.Type())
		var parts []string
		for _, m := range sh.members {
			parts = append(parts, m.key+": "+show(v.FieldByIndex(m.index)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v.Interface())
}
