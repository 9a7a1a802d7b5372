package override

import (
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// laySecrets puts files that are named like secrets in a setting of several values
// into it, such as the file tenants.google.secret in the directory of secrets.
func (s Sources) laySecrets(tree *document.Node, set Setting, in *disk.Inputs, out *Layer) {
	if !bind.HoldsSecrets(set.Type) {
		return
	}
	dirs := s.secretDirs()
	slices.Reverse(dirs) // the first one wins, so it is laid last
	top := func(v *document.Node) { tree.Put(set.Path, v) }
	for _, dir := range dirs {
		for _, name := range in.Names(dir, set.Name+".") {
			rest := strings.TrimPrefix(name, set.Name+".")
			whole := entry{key: set.Name, typ: set.Type, set: top}
			if e, ok := newSecret(whole, tree.Find(set.Path), rest); ok && e.made != nil {
				if n := secretFile(in, set, e.key, filepath.Join(dir, name), document.Origin{Kind: "credential", Name: name}, out); n != nil {
					e.set(n)
				}
			}
		}
		eachSecret(set.Name, set.Type, tree.Find(set.Path), top, func(key string, put func(*document.Node)) {
			file := filepath.Join(dir, key)
			if !in.Exists(file) {
				return
			}
			if n := secretFile(in, set, key, file, document.Origin{Kind: "credential", Name: key}, out); n != nil {
				put(n)
			}
		})
	}
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

// newSecret follows the rest of a file's name to a secret below e, through entries
// of maps that do not exist. Keys may have dots, so the shortest that fits is
// taken.
func newSecret(e entry, n *document.Node, rest string) (entry, bool) {
	for e.typ.Kind() == reflect.Pointer {
		e.typ = e.typ.Elem()
	}
	switch {
	case bind.IsSecret(e.typ):
		return e, rest == ""
	case bind.IsScalar(e.typ) || rest == "":
	case e.typ.Kind() == reflect.Struct:
		sh, _ := bind.ShapeOf(e.typ)
		for _, m := range sh.Members {
			if after, ok := strings.CutPrefix(rest+".", m.Key+"."); ok {
				next, child := step(e, n, m.Key, m.Type)
				return newSecret(next, child, strings.TrimSuffix(after, "."))
			}
		}
	case e.typ.Kind() == reflect.Map:
		for i := 1; i <= len(rest); i++ {
			if i < len(rest) && rest[i] != '.' || !bind.IsKeyText(rest[:i], e.typ.Key()) {
				continue
			}
			next, child := step(e, n, rest[:i], e.typ.Elem())
			if child.IsNull() {
				next.made = &Entry{Key: next.key, Name: rest[:i]}
			}
			if found, ok := newSecret(next, child, strings.TrimPrefix(rest[i:], ".")); ok {
				return found, true
			}
		}
	}
	return e, false
}
