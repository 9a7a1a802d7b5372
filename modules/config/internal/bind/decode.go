package bind

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// Table reads the keys of n into the struct v. Keys in skip belong to others.
func (d *Decoder) Table(n *document.Node, sh *Shape, v reflect.Value, path string, skip []string) {
	if n.IsNull() {
		return // an empty section means its defaults
	}
	if !n.IsTable() {
		d.Fail(n, path, "expected settings below it ("+strings.Join(sh.Keys(), ", ")+"), found "+showFor(n, v.Type()), "", nil)
		return
	}
	for _, key := range n.Keys() {
		m, child := sh.ByKey[key], n.Table[key]
		switch {
		case m != nil && m.Sub != nil:
			d.Table(child, m.Sub, Reach(v, m.Index), Join(path, key), nil)
		case m != nil && m.Joins:
			if child, ok := d.joined(child, Join(path, key)); ok {
				d.Value(child, Reach(v, m.Index), Join(path, key))
			}
		case m != nil:
			d.Value(child, Reach(v, m.Index), Join(path, key))
		case !slices.Contains(skip, key) && !(path == "" && IsOperators(key)):
			d.Unknown(child, path, key, slices.Concat(sh.Keys(), skip))
		}
	}
}

// Unknown reports a key that is not a setting, with the one that was probably
// meant: here, or one of the same name elsewhere.
func (d *Decoder) Unknown(n *document.Node, path, key string, here []string) {
	if d.full() {
		return
	}
	full := strings.TrimPrefix(path+"."+key, ".")
	near := Nearest(key, here)
	meant := strings.TrimPrefix(path+"."+near, ".")
	for _, k := range d.Known {
		if near == "" && (strings.HasSuffix(k, "."+key) || fold(k) == fold(full)) {
			near, meant = k, k
		}
	}
	hint := DidYouMean(near)
	if hint == "" && len(here) > 0 && len(here) <= 12 {
		hint = "known here: " + strings.Join(here, ", ")
	}
	what := "unknown key"
	if path == "" {
		if what = "unknown section"; d.Root {
			what = "unknown key"
		}
		if n.Anchored || strings.HasPrefix(key, ".") || strings.HasPrefix(key, "_") {
			near, hint = "", `your own keys begin with x-: "x-`+strings.TrimLeft(key, "._-")+`"`
		} else if hint != "" && near == "" {
			hint += "; your own keys begin with x-"
		}
	}
	d.Fail(n, full, what, hint, nil)
	if near != "" {
		d.Problems[len(d.Problems)-1].Meant = meant
	}
}

// Value reads n into v, which holds the default.
func (d *Decoder) Value(n *document.Node, v reflect.Value, key string) {
	t := v.Type()
	switch {
	case n.Anchored && IsSecret(t):
		d.Fail(n, key, "begins with &, which makes an anchor of its first word", "put it in quotes", nil)
	case placeholder(n):
		d.placeholder(n, key)
	case n.IsNull():
		return // "addr:" with nothing behind it means the default
	case IsFileRef(t):
		d.fileRef(n, v, key)
	case IsScalar(t) && !(n.IsList && IsBytes(t)):
		if n.IsTable() || n.IsList {
			d.Fail(n, key, "expected "+TypeName(t)+", found "+n.Show(), "", nil)
		} else if bad := scalar(n, v); bad != nil {
			d.Fail(n, key, bad.reason, bad.hint, bad.err)
		}
	case t.Kind() == reflect.Pointer:
		fresh := newDefault(t.Elem())
		if !v.IsNil() { // its target may be shared
			fresh.Elem().Set(v.Elem())
		}
		d.Value(n, fresh.Elem(), key)
		v.Set(fresh)
	case t == anyType:
		d.anything(n, v, key)
	case t.Kind() == reflect.Struct: // an element of a list or a map
		if n.Loose {
			var err error
			if n, err = mapFromText(n); err != nil {
				d.malformed(n, t, key, err, "write a JSON object")
				return
			}
		}
		d.Table(n, d.shape(t), v, key, nil)
	case t.Kind() == reflect.Map:
		d.mapping(n, v, key)
	default:
		d.list(n, v, key)
	}
}

// list reads a sequence, which replaces the default as a whole.
func (d *Decoder) list(n *document.Node, v reflect.Value, key string) {
	if n.Loose {
		var err error
		if n, err = listFromText(n); err != nil {
			d.malformed(n, v.Type(), key, err, `write a,b,c or a JSON list`)
			return
		}
	}
	if !n.IsList {
		d.Fail(n, key, "expected a list, found "+showFor(n, v.Type()), "write [a, b, c]", nil)
		return
	}
	fresh := reflect.New(v.Type()).Elem()
	if v.Kind() == reflect.Array {
		if len(n.List) != v.Len() {
			d.Fail(n, key, fmt.Sprintf("expected a list of %d, found %d", v.Len(), len(n.List)), "", nil)
			return
		}
	} else {
		fresh = reflect.MakeSlice(v.Type(), len(n.List), len(n.List))
	}
	for i, e := range n.List {
		at := fmt.Sprintf("%s[%d]", key, i)
		if e.IsNull() {
			d.Fail(e, at, "an element of a list has no default", "give it a value or leave it out", nil)
			continue
		}
		setDefaults(fresh.Index(i))
		d.Value(e, fresh.Index(i), at)
	}
	v.Set(fresh)
}

// setDefaults gives a new element of a list or a map its defaults.
func setDefaults(v reflect.Value) {
	if v.Kind() == reflect.Struct {
		v.Set(newDefault(v.Type()).Elem())
	}
}
