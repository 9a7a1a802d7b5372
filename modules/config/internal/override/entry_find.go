package override

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// find follows the rest of a variable's name from e, whose value is n or else the
// default def.
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
		e.json = e.typ.Kind() == reflect.Map || e.typ.Kind() == reflect.Struct
		return e, true
	case e.typ.Kind() == reflect.Map:
		n = opened(e, n)
		keys := keysOf(n, def)
		below := func(k string) (reflect.Type, reflect.Value) { return e.typ.Elem(), keys[k] }
		if found, ok := among(e, n, rest, slices.Sorted(maps.Keys(keys)), below); ok {
			return found, true
		}
		return making(e, n, rest, slices.Sorted(maps.Keys(keys)))
	case e.typ.Kind() == reflect.Struct:
		n = opened(e, n)
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

// among tries the keys with which the rest begins, the longest first.
func among(e entry, n *document.Node, rest string, keys []string, below func(string) (reflect.Type, reflect.Value)) (entry, bool) {
	slices.SortStableFunc(keys, func(a, b string) int { return len(b) - len(a) })
	for _, k := range keys {
		after, ok := strings.CutPrefix(rest+"_", asVariable(k)+"_")
		if !ok {
			continue
		}
		typ, def := below(k)
		next, child := step(e, n, k, typ)
		if found, ok := find(next, child, def, strings.TrimSuffix(after, "_")); ok {
			return found, true
		}
	}
	return e, false
}

// keysOf returns the keys of a map, with their defaults.
func keysOf(n *document.Node, def reflect.Value) map[string]reflect.Value {
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
	return keys
}
