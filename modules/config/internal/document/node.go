package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Node is a value with its origin, before its type is known. Files, environment
// and flags are merged as trees of nodes; unlike viper's maps they keep the case
// and the dots of keys.
type Node struct {
	Table map[string]*Node // a mapping, if not nil
	List  []*Node          // a sequence, if isList
	Value any              // a scalar: nil, bool, int, int64, uint64, float64, Huge, string, time.Time
	Raw   string           // the scalar as it was written, if known
	At    Origin

	IsList   bool
	Binary   bool // of YAML: the value was written in base64
	Anchored bool // of YAML: it has an anchor
	Loose    bool // came as text (environment, flag): its type is that of the target
}

// IsTable reports whether the node is a table. A nil node is not.
func (n *Node) IsTable() bool { return n != nil && n.Table != nil }

// IsNull reports whether the node is null. A nil node is.
func (n *Node) IsNull() bool { return n == nil || n.Table == nil && !n.IsList && n.Value == nil }

// Keys returns the keys of a table in the order of the file.
func (n *Node) Keys() []string {
	type position struct {
		key       string
		line, col int
	}
	all := make([]position, 0, len(n.Table)) // so comparisons do not look into the table
	for k, v := range n.Table {
		all = append(all, position{k, v.At.Line, v.At.Col})
	}
	slices.SortFunc(all, func(a, b position) int {
		switch {
		case a.line != b.line:
			return a.line - b.line
		case a.col != b.col:
			return a.col - b.col
		}
		return strings.Compare(a.key, b.key)
	})
	keys := make([]string, len(all))
	for i, p := range all {
		keys[i] = p.key
	}
	return keys
}

// Show describes the value in a message.
func (n *Node) Show() string {
	switch {
	case n.IsTable():
		return "a table"
	case n.IsList:
		return "a list"
	case n.IsNull():
		return "null"
	}
	if s, ok := n.Value.(string); ok {
		return fmt.Sprintf("%q", Shorten(s))
	}
	if n.Raw != "" {
		return Shorten(n.Raw)
	}
	return Shorten(fmt.Sprint(n.Value))
}

// Shorten truncates a text that is too long for a message.
func Shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:37]) + "..."
	}
	return s
}

// Find returns the node at the path, or nil.
func (n *Node) Find(path []string) *Node {
	for _, k := range path {
		if !n.IsTable() {
			return nil
		}
		n = n.Table[k]
	}
	return n
}

// Nearest returns the node of a key below n such as hosts[2].port, or the nearest
// node above it.
func (n *Node) Nearest(key string) *Node {
	for _, k := range strings.Split(strings.ReplaceAll(key, "[", ".["), ".") {
		var next *Node
		if i, err := strconv.Atoi(strings.Trim(k, "[]")); err == nil && n != nil && n.IsList && i >= 0 && i < len(n.List) {
			next = n.List[i]
		} else if n.IsTable() {
			next = n.Table[k]
		}
		if next == nil {
			break
		}
		n = next
	}
	return n
}

// Put sets the node at the path and makes the tables on the way. It returns false
// when a node on the way is not a table.
func (n *Node) Put(path []string, v *Node) bool {
	for _, k := range path[:len(path)-1] {
		next := n.Table[k]
		if next.IsNull() {
			next = &Node{Table: map[string]*Node{}, At: v.At}
			n.Table[k] = next
		}
		if !next.IsTable() {
			return false
		}
		n = next
	}
	n.Table[path[len(path)-1]] = v
	return true
}

// Restore puts back the node that another tree has at the path.
func (n *Node) Restore(path []string, from *Node) {
	old := from.Find(path)
	if old == nil {
		old = &Node{} // null: the default
	}
	n.Put(path, old)
}

// Overlay merges upper into lower: tables are merged key by key, everything else
// (lists, too) is replaced. Do not use either argument afterwards.
func Overlay(lower, upper *Node) *Node {
	if !lower.IsTable() || !upper.IsTable() {
		return upper
	}
	for k, v := range upper.Table {
		if old := lower.Table[k]; old != nil {
			v = Overlay(old, v)
		}
		lower.Table[k] = v
	}
	return lower
}

// Plain returns a tree as ordinary Go values, for settings of type any.
func (n *Node) Plain() any {
	switch {
	case n.IsTable():
		out := make(map[string]any, len(n.Table))
		for k, c := range n.Table {
			out[k] = c.Plain()
		}
		return out
	case n.IsList:
		out := make([]any, len(n.List))
		for i, c := range n.List {
			out[i] = c.Plain()
		}
		return out
	}
	return n.Value
}

// Equal reports whether two trees have the same values, whatever their positions.
func (n *Node) Equal(o *Node) bool {
	switch {
	case n.IsNull() || o.IsNull():
		return n.IsNull() && o.IsNull()
	case n.IsTable() != o.IsTable() || n.IsList != o.IsList || len(n.Table) != len(o.Table) || len(n.List) != len(o.List):
		return false
	}
	for k, v := range n.Table {
		if !v.Equal(o.Table[k]) {
			return false
		}
	}
	for i, v := range n.List {
		if !v.Equal(o.List[i]) {
			return false
		}
	}
	return n.IsTable() || n.IsList || n.Raw == o.Raw && n.Value == o.Value
}
