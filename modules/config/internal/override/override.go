package override

import (
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// Lay puts the values of variables, secrets and flags into the tree. Only declared
// settings are looked up, so a stray variable such as TODO_HTTP=x cannot hide a
// section. If a value does not fit, a scalar takes the place of a section: decoding
// reports it.
func (s Sources) Lay(tree *document.Node, settings []Setting, in *disk.Inputs) *Layer {
	out := &Layer{Used: map[string]bool{}, Made: map[string]Entry{}}
	if dir := s.Env[s.secretsVariable()]; dir != "" && !in.Exists(dir) {
		out.fail(document.Origin{Kind: "env", Name: s.secretsVariable()}, "", dir+" does not exist", "", nil)
	}
	for _, set := range settings {
		n := s.fromEnv(set, in, out)
		if f := s.fromFlags(set); f != nil {
			n = f
		}
		if n != nil {
			tree.Put(set.Path, n)
		}
	}
	for _, set := range settings {
		if hasEntries(set.Type) {
			s.layEntries(tree, set, in, settings, out)
		}
	}
	return out
}
