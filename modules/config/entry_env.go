package config

import (
	"maps"
	"path/filepath"
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

// entries lays the variables of entries over the tree.
func (r resolved) entries(c *candidate, sections []*section) (problems []Problem) {
	declared := r.declared(sections)
	for _, s := range sections {
		for _, l := range s.leaves {
			if !hasEntries(l.Type) {
				continue
			}
			problems = append(problems, r.entriesOf(c, l, l.value(s.fresh()), declared)...)
		}
	}
	return problems
}

// declared are the names that belong to settings as a whole.
func (r resolved) declared(sections []*section) map[string]bool {
	names := map[string]bool{r.fileVariable(): true, r.formatVariable(): true, r.secretsVariable(): true}
	for _, s := range sections {
		for _, l := range s.leaves {
			name := r.envName(l.path)
			names[name] = true
			if bind.IsSecret(l.Type) {
				names[name+"_FILE"] = true
			}
		}
	}
	return names
}

func (r resolved) entriesOf(c *candidate, l leaf, def reflect.Value, declared map[string]bool) (problems []Problem) {
	top := func(v *document.Node) { c.tree.Put(l.path, v) }
	for _, e := range r.credentials(c.in, l, c.tree.Find(l.path), top) {
		n, p := secretFile(c.in, l, e.file, document.Origin{Kind: "credential", Name: e.key})
		if p != nil {
			p.Key = e.key
			problems = append(problems, *p)
			continue
		}
		e.set(n)
	}
	prefix := r.envName(l.path) + "_"
	for _, name := range slices.Sorted(maps.Keys(r.env)) {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || declared[name] {
			continue
		}
		e, ok := find(entry{key: l.key, typ: l.Type, set: top}, c.tree.Find(l.path), def, rest)
		if !ok {
			continue
		}
		c.usedEnv[name] = true
		at := document.Origin{Kind: "env", Name: name}
		n := &document.Node{Value: r.env[name], Raw: r.env[name], Loose: true, At: at}
		if e.file {
			if _, both := r.env[strings.TrimSuffix(name, "_FILE")]; both {
				problems = append(problems, Problem{Key: e.key, Source: at.String(), Reason: "is set together with " + strings.TrimSuffix(name, "_FILE"), Hint: "unset one of them"})
				continue
			}
			var p *Problem
			if n, p = secretFile(c.in, l, r.env[name], at); p != nil {
				p.Key = e.key
				problems = append(problems, *p)
				continue
			}
		}
		e.set(n)
	}
	return problems
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

// A credential is a file in a directory of secrets that is named like an entry.
type credential struct {
	key, file string
	set       func(*document.Node)
}

// credentials finds the files for secrets in a setting that is made of several
// values.
func (r resolved) credentials(in *disk.Inputs, l leaf, n *document.Node, set func(*document.Node)) (found []credential) {
	for _, dir := range []string{r.env["CREDENTIALS_DIRECTORY"], r.env[r.secretsVariable()]} {
		if dir == "" || !bind.HoldsSecrets(l.Type) {
			continue
		}
		eachSecret(l.key, l.Type, n, set, func(key string, set func(*document.Node)) {
			if file := filepath.Join(dir, key); in.Exists(file) {
				found = append(found, credential{key: key, file: file, set: set})
			}
		})
	}
	return found
}

// eachSecret calls visit with every place for a secret below n.
func eachSecret(key string, t reflect.Type, n *document.Node, set func(*document.Node), visit func(string, func(*document.Node))) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case bind.IsSecret(t):
		visit(key, set)
	case bind.IsScalar(t) || n.IsNull():
	case t.Kind() == reflect.Struct && n.IsTable():
		sh, _ := bind.ShapeOf(t)
		for _, m := range sh.Members {
			eachSecret(key+"."+m.Key, m.Type, n.Table[m.Key], func(v *document.Node) { n.Table[m.Key] = v }, visit)
		}
	case t.Kind() == reflect.Map && n.IsTable():
		for _, k := range n.Keys() {
			eachSecret(key+"."+k, t.Elem(), n.Table[k], func(v *document.Node) { n.Table[k] = v }, visit)
		}
	case (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) && n.IsList:
		for i := range n.List {
			eachSecret(key+"["+strconv.Itoa(i)+"]", t.Elem(), n.List[i], func(v *document.Node) { n.List[i] = v }, visit)
		}
	}
}
