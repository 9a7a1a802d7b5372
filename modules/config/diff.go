package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// diff compares the candidate with the configuration in force, setting by setting,
// and completes the candidate: a restart-only setting keeps the value in force (so
// that no reader sees another one), and a section without a change keeps its
// pointer.
type diff struct {
	changed []Changed
	pending []Changed
	written []document.Origin // where each of the pending is written
	keys    map[int][]string  // changed keys of each section, without its name
}

func (l *Catalog) diff(now *Snapshot, c *candidate) diff {
	d := diff{keys: map[int][]string{}}
	for i, s := range l.sections {
		if c.values[i] == nil {
			continue // its default panicked
		}
		restored, doubts := false, c.uncertain(s)
		for _, leaf := range s.leaves {
			if slices.ContainsFunc(doubts, func(o uncertain) bool { return o.key == leaf.key }) {
				continue // its new value is not known
			}
			old, next := leaf.value(now.values[i]), leaf.value(c.values[i])
			if same(leaf, old, next, now.tree, c.tree) {
				continue
			}
			at := originOf(c.tree, leaf.path)
			line := Changed{Key: leaf.key, Old: bind.Show(old), New: bind.Show(next), Source: at.String()}
			if line.Old == line.New { // of a type that has no text
				line.New += " (changed)"
			}
			if leaf.Restart {
				d.pending, d.written = append(d.pending, line), append(d.written, at)
				leaf.set(c.values[i]).Set(old)
				c.tree.Restore(leaf.path, now.tree)
				restored = true
				continue
			}
			d.changed = append(d.changed, line)
			d.keys[i] = append(d.keys[i], strings.TrimPrefix(leaf.key, s.prefix()))
		}
		switch {
		case len(d.keys[i]) == 0:
			c.values[i] = now.values[i]
		case restored && len(c.readProblems) == 0: // the mixture of old and new must keep the rules, too
			for _, p := range s.check(c.values[i], c.tree) {
				p.Hint = "together with the settings of " + s.name + " that change only on restart"
				c.problems = append(c.problems, p)
			}
		}
	}
	return d
}

func originOf(tree *document.Node, path []string) document.Origin {
	if n := tree.Find(path); !n.IsNull() {
		return n.At
	}
	return document.Origin{Kind: "default"}
}

// same compares a setting of two revisions by its meaning, never by its position. A
// value that cannot be compared, such as a compiled template, is the same if its
// text is.
func same(s leaf, old, next reflect.Value, was, is *document.Node) bool {
	if bind.Equal(old, next) {
		return true
	}
	x, y := was.Find(s.path), is.Find(s.path)
	return bind.IsOpaque(s.Type) && !x.IsNull() && !y.IsNull() && x.Equal(y)
}
