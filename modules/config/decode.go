package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A decoder reads trees into structs and collects every problem on the way. It
// never converts what could be a mistake: no overflow, no rounding, no number
// for a duration, no unknown key.
//
// It is written by hand because the weak conversions and the flat errors of
// mapstructure would have to be undone one hook at a time, and because here
// every value still knows its line.
type decoder struct {
	in       *disk.Inputs
	known    []string // every key there is, for suggestions
	problems []Problem
	more     int  // problems beyond maxProblems
	root     bool // a section is at the top of the file
	shapes   map[reflect.Type]*shape
}

// maxProblems is how many problems of decoding are reported; the rest is counted.
const maxProblems = 500

// full reports whether there are so many problems that one more is only counted.
func (d *decoder) full() bool {
	if len(d.problems) < maxProblems {
		return false
	}
	d.more++
	return true
}

func (d *decoder) fail(n *document.Node, key, reason, hint string, err error) {
	if d.full() {
		return
	}
	if text, _ := n.Value.(string); hint == "" && n.At.Kind == "env" {
		switch {
		case strings.HasPrefix(text, "tcp://"):
			hint = "Kubernetes sets this for a service of that name; enableServiceLinks: false in the pod avoids it"
		case text == "":
			hint = "unset it or give it a value"
		}
	}
	p := problemAt(n.At, key, reason, hint)
	p.err = err
	d.problems = append(d.problems, p)
}

func problemAt(o document.Origin, key, reason, hint string) Problem {
	p := Problem{Key: key, Reason: reason, Hint: hint}
	if o.Kind == "file" {
		p.File, p.Line, p.Col = o.Name, o.Line, o.Col
	} else if o.Kind != "" {
		p.Source = o.String()
	}
	return p
}

// table reads the keys of n into the struct v. Keys in skip belong to others.
func (d *decoder) table(n *document.Node, sh *shape, v reflect.Value, path string, skip []string) {
	if n.IsNull() {
		return // an empty section means its defaults
	}
	if !n.IsTable() {
		d.fail(n, path, "expected settings below it ("+strings.Join(sh.keys(), ", ")+"), found "+showFor(n, v.Type()), "", nil)
		return
	}
	for _, key := range n.Keys() {
		m, child := sh.byKey[key], n.Table[key]
		switch {
		case m != nil && m.sub != nil:
			d.table(child, m.sub, reach(v, m.index), join(path, key), nil)
		case m != nil:
			d.value(child, reach(v, m.index), join(path, key))
		case !slices.Contains(skip, key) && !(path == "" && isOperators(key)):
			d.unknown(child, path, key, slices.Concat(sh.keys(), skip))
		}
	}
}

// unknown reports a key that is no setting, with the one that was perhaps meant:
// here, or by the same name somewhere else.
func (d *decoder) unknown(n *document.Node, path, key string, here []string) {
	if d.full() {
		return
	}
	full := strings.TrimPrefix(path+"."+key, ".")
	near := nearest(key, here)
	meant := strings.TrimPrefix(path+"."+near, ".")
	for _, k := range d.known {
		if near == "" && (strings.HasSuffix(k, "."+key) || fold(k) == fold(full)) {
			near, meant = k, k
		}
	}
	hint := didYouMean(near)
	if hint == "" && len(here) > 0 && len(here) <= 12 {
		hint = "known here: " + strings.Join(here, ", ")
	}
	what := "unknown key"
	if path == "" {
		if what = "unknown section"; d.root {
			what = "unknown key"
		}
		if n.Anchored || strings.HasPrefix(key, ".") || strings.HasPrefix(key, "_") {
			near, hint = "", `a key of yours begins with x-: "x-`+strings.TrimLeft(key, "._-")+`"`
		} else if hint != "" && near == "" {
			hint += "; a key of yours begins with x-"
		}
	}
	d.fail(n, full, what, hint, nil)
	if near != "" {
		d.problems[len(d.problems)-1].meant = meant
	}
}

// value reads n into v, which holds the default.
func (d *decoder) value(n *document.Node, v reflect.Value, key string) {
	t := v.Type()
	switch {
	case n.Anchored && t == secretType:
		d.fail(n, key, "begins with &, which makes an anchor of its first word", "put it in quotes", nil)
	case placeholder(n):
		d.fail(n, key, "is a placeholder, and nothing here replaces it", "write the value, or set it by the environment", nil)
	case n.IsNull():
		return // "addr:" with nothing behind it means the default
	case t == fileRefType:
		d.fileRef(n, v, key)
	case isScalar(t) && !(n.IsList && isBytes(t)):
		if n.IsTable() || n.IsList {
			d.fail(n, key, "expected "+typeName(t)+", found "+n.Show(), "", nil)
		} else if bad := scalar(n, v); bad != nil {
			d.fail(n, key, bad.reason, bad.hint, bad.err)
		}
	case t.Kind() == reflect.Pointer:
		fresh := newDefault(t.Elem())
		if !v.IsNil() { // what it points to may be shared
			fresh.Elem().Set(v.Elem())
		}
		d.value(n, fresh.Elem(), key)
		v.Set(fresh)
	case t == anyType:
		v.Set(reflect.ValueOf(n.Plain()))
	case t.Kind() == reflect.Struct: // an element of a list or a map
		if n.Loose {
			var err error
			if n, err = mapFromText(n); err != nil {
				d.malformed(n, t, key, err, "write a JSON object")
				return
			}
		}
		d.table(n, d.shape(t), v, key, nil)
	case t.Kind() == reflect.Map:
		d.mapping(n, v, key)
	default:
		d.list(n, v, key)
	}
}

// list reads a sequence. It replaces the default as a whole.
func (d *decoder) list(n *document.Node, v reflect.Value, key string) {
	if n.Loose {
		var err error
		if n, err = listFromText(n); err != nil {
			d.malformed(n, v.Type(), key, err, `write a,b,c or a JSON list`)
			return
		}
	}
	if !n.IsList {
		d.fail(n, key, "expected a list, found "+showFor(n, v.Type()), "write [a, b, c]", nil)
		return
	}
	fresh := reflect.New(v.Type()).Elem()
	if v.Kind() == reflect.Array {
		if len(n.List) != v.Len() {
			d.fail(n, key, fmt.Sprintf("expected a list of %d, found %d", v.Len(), len(n.List)), "", nil)
			return
		}
	} else {
		fresh = reflect.MakeSlice(v.Type(), len(n.List), len(n.List))
	}
	for i, e := range n.List {
		at := fmt.Sprintf("%s[%d]", key, i)
		if e.IsNull() {
			d.fail(e, at, "an element of a list has no default", "give it a value or leave it out", nil)
			continue
		}
		setDefaults(fresh.Index(i))
		d.value(e, fresh.Index(i), at)
	}
	v.Set(fresh)
}

// setDefaults gives a new element of a list or a map its defaults.
func setDefaults(v reflect.Value) {
	if v.Kind() == reflect.Struct {
		v.Set(newDefault(v.Type()).Elem())
	}
}

// join writes the key of a setting below a path, which is empty at the root.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// shape is shapeOf, once for each type.
func (d *decoder) shape(t reflect.Type) *shape {
	if d.shapes[t] == nil {
		if d.shapes == nil {
			d.shapes = map[reflect.Type]*shape{}
		}
		d.shapes[t], _ = shapeOf(t)
	}
	return d.shapes[t]
}
