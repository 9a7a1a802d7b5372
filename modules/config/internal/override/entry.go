package override

import (
	"maps"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// layEntries puts the variables of entries into a setting.
func (s Sources) layEntries(tree *document.Node, set Setting, in *disk.Inputs, settings []Setting, out *Layer) {
	declared := s.Declared(settings)
	s.laySecrets(tree, set, in, out)
	prefix := s.Variable(set.Path) + "_"
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || declared[name] {
			continue
		}
		top := entry{key: set.Name, typ: set.Type, set: func(v *document.Node) { tree.Put(set.Path, v) }}
		e, ok := find(top, tree.Find(set.Path), set.Default(), rest)
		if !ok || e.made != nil && !s.makes(name, e, set, settings) {
			continue
		}
		out.Used[name] = true
		if e.made != nil {
			out.Made[name] = *e.made
		}
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
