package config

import (
	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/describe"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A Setting describes one setting, for people and tools.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`  // on one line; a secret is not shown
	Source string `json:"source"` // where it comes from: "todo.yaml:3:3", "env TODO_LOG_LEVEL", "default"
	Reload string `json:"reload"` // "live" or "restart"
	Env    string `json:"env"`    // the environment variable that would set it
	Unit   string `json:"unit,omitempty"`
	Doc    string `json:"doc,omitempty"`
}

// Effective lists every setting in force with its origin, section by section.
func (st *Store) Effective() []Setting {
	s := st.Snapshot()
	return st.catalog.list(s.values, s.tree)
}

// Settings lists every setting with its default, section by section.
func (l *Catalog) Settings() []Setting {
	values := make([]any, len(l.sections))
	for i, s := range l.sections {
		values[i] = s.fresh()
	}
	return l.list(values, &document.Node{})
}

// list returns the values of all settings, section by section.
func (l *Catalog) list(values []any, tree *document.Node) []Setting {
	var out []Setting
	for i, s := range l.sections {
		for _, leaf := range s.leaves {
			out = append(out, Setting{
				Key: leaf.key, Value: bind.Show(leaf.value(values[i])), Source: originOf(tree, leaf.path).String(),
				Reload: leaf.Class(), Env: l.src.over.Variable(leaf.path), Unit: leaf.Unit, Doc: leaf.Doc,
			})
		}
	}
	return out
}

// Sample returns a configuration file in YAML that changes nothing: every setting
// with its default, what it is for, and whether it changes live or on restart.
// Settings without a default, and secrets, are commented out.
func (l *Catalog) Sample() []byte { return l.page().Sample() }

// Schema returns a JSON Schema (draft-07) of the configuration file, for
// editors and pipelines. "x-reload" is "live" or "restart", "x-env" the
// environment variable of a setting. Rules of Check and Validate are not in it.
func (l *Catalog) Schema() []byte { return l.page().Schema() }

func (l *Catalog) page() *describe.Page {
	p := describe.New(l.src.Name, l.src.over.Prefix)
	for _, s := range l.sections {
		values := s.fresh()
		if !s.isWhole() {
			p.Table(s.path)
		}
		for _, leaf := range s.leaves {
			p.Add(describe.Setting{Member: leaf.Member, Path: leaf.path, Default: leaf.value(values), Env: l.src.over.Variable(leaf.path)})
		}
	}
	return p
}
