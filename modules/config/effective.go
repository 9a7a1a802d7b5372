package config

import (
	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A Setting is one line of what there is to set, for people and tools.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`  // on one line; a secret is not shown
	Source string `json:"source"` // where it comes from: "todo.yaml:3:3", "env TODO_LOG_LEVEL", "default"
	Reload string `json:"reload"` // "live" or "restart"
	Env    string `json:"env"`    // the environment variable that would set it
	Unit   string `json:"unit,omitempty"`
	Doc    string `json:"doc,omitempty"`
}

// Effective lists every setting in force with its origin, by section.
func (st *Store) Effective() []Setting {
	s := st.Snapshot()
	return st.catalog.settings(s.values, s.tree)
}

// Settings lists every setting with its default, by section.
func (l *Catalog) Settings() []Setting {
	values := make([]any, len(l.sections))
	for i, s := range l.sections {
		values[i] = s.fresh()
	}
	return l.settings(values, &document.Node{})
}

func (l *Catalog) settings(values []any, tree *document.Node) []Setting {
	var out []Setting
	for i, s := range l.sections {
		for _, leaf := range s.leaves {
			out = append(out, Setting{
				Key: leaf.key, Value: bind.Show(leaf.value(values[i])), Source: originOf(tree, leaf.path).String(),
				Reload: leaf.Class(), Env: l.src.envName(leaf.path), Unit: leaf.Unit, Doc: leaf.Doc,
			})
		}
	}
	return out
}
