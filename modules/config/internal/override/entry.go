package override

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A list, a map and an optional block are one setting each, and what is in them
// has a variable all the same, secrets above all: APP_TENANTS_GOOGLE_SECRET, or
// with _FILE behind it, is the secret of the entry google of tenants. The entry
// has to be there, because a variable does not say how its key is written; an
// element of a list goes by its index, from 0.

// An entry is a place in a setting that is made of several values.
type entry struct {
	key  string
	typ  reflect.Type
	file bool // the variable names a file
	set  func(*document.Node)
}

// layEntries lays the variables of entries over a setting.
func (s Sources) layEntries(tree *document.Node, set Setting, in *disk.Inputs, declared map[string]bool, out *Layer) {
	s.laySecrets(tree, set, in, out)
	prefix := s.Variable(set.Path) + "_"
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || declared[name] {
			continue
		}
		top := entry{key: set.Name, typ: set.Type, set: func(v *document.Node) { tree.Put(set.Path, v) }}
		e, ok := find(top, tree.Find(set.Path), set.Default(), rest)
		if !ok {
			continue
		}
		out.Used[name] = true
		at := document.Origin{Kind: "env", Name: name}
		n := word(s.Env[name], at)
		if e.file {
			whole := strings.TrimSuffix(name, "_FILE")
			if _, both := s.Env[whole]; both {
				out.fail(at, e.key, "is set together with "+whole, "unset one of them", nil)
				continue
			}
			if n = secretFile(in, set, e.key, s.Env[name], at, out); n == nil {
				continue
			}
		}
		e.set(n)
	}
}

// hasEntries reports whether a setting is made of several values.
func hasEntries(t reflect.Type) bool {
	switch {
	case bind.IsScalar(t):
		return false
	case t.Kind() == reflect.Pointer:
		return hasEntries(t.Elem()) || t.Elem().Kind() == reflect.Struct && !bind.IsScalar(t.Elem())
	}
	return t.Kind() == reflect.Map || t.Kind() == reflect.Slice || t.Kind() == reflect.Array
}

// find follows the rest of a variable's name from e, which has the value n, or else
// the default def.
func find(e entry, n *document.Node, def reflect.Value, rest string) (entry, bool) {
	for e.typ.Kind() == reflect.Pointer && !bind.IsScalar(e.typ) {
		e.typ = e.typ.Elem()
		if def.IsValid() && !def.IsNil() {
			def = def.Elem()
		} else {
			def = reflect.Value{}
		}
	}
	switch {
	case bind.IsScalar(e.typ):
		e.file = rest == "FILE" && bind.IsSecret(e.typ)
		return e, rest == "" || e.file
	case rest == "":
		return e, true
	case e.typ.Kind() == reflect.Map:
		keys := map[string]reflect.Value{}
		if def.IsValid() {
			for it := def.MapRange(); it.Next(); {
				keys[bind.KeyText(it.Key())] = it.Value()
			}
		}
		if n.IsTable() {
			for k, v := range n.Table {
				if _, ok := keys[k]; !ok && !v.IsNull() {
					keys[k] = reflect.Value{}
				}
			}
		}
		return among(e, n, rest, slices.Sorted(maps.Keys(keys)), func(k string) (reflect.Type, reflect.Value) { return e.typ.Elem(), keys[k] })
	case e.typ.Kind() == reflect.Struct:
		sh, _ := bind.ShapeOf(e.typ)
		return among(e, n, rest, sh.Keys(), func(k string) (reflect.Type, reflect.Value) {
			if def.IsValid() {
				return sh.ByKey[k].Type, sh.ByKey[k].In(def)
			}
			return sh.ByKey[k].Type, reflect.Value{}
		})
	case e.typ.Kind() == reflect.Slice || e.typ.Kind() == reflect.Array:
		number, rest, _ := strings.Cut(rest, "_")
		i, err := strconv.Atoi(number)
		if err != nil || n == nil || !n.IsList || i < 0 || i >= len(n.List) {
			return e, false
		}
		next := entry{key: e.key + "[" + number + "]", typ: e.typ.Elem(), set: func(v *document.Node) { n.List[i] = v }}
		return find(next, n.List[i], reflect.Value{}, rest)
	}
	return e, false
}

// among tries the keys that the rest begins with, the longest first.
func among(e entry, n *document.Node, rest string, keys []string, below func(string) (reflect.Type, reflect.Value)) (entry, bool) {
	slices.SortStableFunc(keys, func(a, b string) int { return len(b) - len(a) })
	for _, k := range keys {
		after, ok := strings.CutPrefix(rest+"_", asVariable(k)+"_")
		if !ok {
			continue
		}
		typ, def := below(k)
		next := entry{key: e.key + "." + k, typ: typ, set: func(v *document.Node) {
			if n.IsTable() {
				n.Table[k] = v
				return
			}
			e.set(&document.Node{Table: map[string]*document.Node{k: v}, At: v.At})
		}}
		var child *document.Node
		if n.IsTable() {
			child = n.Table[k]
		}
		if found, ok := find(next, child, def, strings.TrimSuffix(after, "_")); ok {
			return found, true
		}
	}
	return e, false
}
