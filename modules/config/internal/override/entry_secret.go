package override

import (
	"path/filepath"
	"reflect"
	"slices"
	"strconv"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// laySecrets lays files that are named like secrets in a setting of several values
// over it: the file tenants.google.secret in the directory of secrets.
func (s Sources) laySecrets(tree *document.Node, set Setting, in *disk.Inputs, out *Layer) {
	if !bind.HoldsSecrets(set.Type) {
		return
	}
	dirs := s.secretDirs()
	slices.Reverse(dirs) // the first one counts, so it comes last
	for _, dir := range dirs {
		top := func(v *document.Node) { tree.Put(set.Path, v) }
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
