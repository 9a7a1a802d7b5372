package config

// A Setting is one value in force, for people and tools.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`  // on one line; a secret is not shown
	Source string `json:"source"` // where it comes from: "todo.yaml:3:3", "env TODO_LOG_LEVEL", "default"
	Reload string `json:"reload"` // "live" or "restart"
	Doc    string `json:"doc,omitempty"`
}

// Effective lists every setting in force with its origin, by section.
func (st *Store) Effective() []Setting {
	return st.loader.settings(st.Snapshot().values, st.Snapshot().tree)
}

func (l *loader) settings(values []any, tree *node) []Setting {
	var out []Setting
	for i, s := range l.sections {
		for _, leaf := range s.leaves {
			out = append(out, Setting{Key: leaf.key, Value: show(leaf.value(values[i])),
				Source: originOf(tree, leaf.path).String(), Reload: leaf.class(), Doc: leaf.doc})
		}
	}
	return out
}

func (m *member) class() string {
	if m.restart {
		return "restart"
	}
	return "live"
}
