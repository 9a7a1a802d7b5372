package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An origin says where a value was written.
type origin struct {
	kind      string // "default", "file", "env", "flag" or "credential"
	name      string // path, variable, flag, or name of the credential
	line, col int    // in a file, from 1
}

// String writes the origin as an operator would look for it: todo.yaml:3:5, env TODO_HTTP_ADDR.
func (o origin) String() string {
	switch {
	case o.kind == "file" && o.line > 0:
		return fmt.Sprintf("%s:%d:%d", o.name, o.line, o.col)
	case o.kind == "file":
		return o.name
	case o.kind == "", o.kind == "default":
		return "default"
	}
	return o.kind + " " + o.name
}

// A node is a value with its origin, before anybody knows its type. Trees of
// nodes are what files, environment and flags are laid over one another in;
// unlike viper's own maps they keep the case and the dots of keys.
type node struct {
	table map[string]*node // a mapping, if not nil
	list  []*node          // a sequence, if isList
	value any              // a scalar: nil, bool, int, int64, uint64, float64, string, time.Time
	raw   string           // the scalar as it was written, if known
	at    origin

	isList bool
	loose  bool // came as text (environment, flag): its type is the target's choice
}

func (n *node) isTable() bool { return n != nil && n.table != nil }
func (n *node) isNull() bool  { return n == nil || n.table == nil && !n.isList && n.value == nil }

// keys returns the keys of a table in the order they stand in the file.
func (n *node) keys() []string {
	keys := make([]string, 0, len(n.table))
	for k := range n.table {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		x, y := n.table[a].at, n.table[b].at
		if x.line != y.line {
			return x.line - y.line
		}
		if x.col != y.col {
			return x.col - y.col
		}
		return strings.Compare(a, b)
	})
	return keys
}

// show describes the value in a message.
func (n *node) show() string {
	switch {
	case n.isTable():
		return "a table"
	case n.isList:
		return "a list"
	case n.isNull():
		return "null"
	}
	if s, ok := n.value.(string); ok {
		return fmt.Sprintf("%q", shorten(s))
	}
	if n.raw != "" {
		return shorten(n.raw)
	}
	return shorten(fmt.Sprint(n.value))
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:37]) + "..."
	}
	return s
}

// find returns the node at the path, or nil.
func (n *node) find(path []string) *node {
	for _, k := range path {
		if !n.isTable() {
			return nil
		}
		n = n.table[k]
	}
	return n
}

// nearest returns the node of a key below n such as hosts[2].port, or of what
// would hold it.
func (n *node) nearest(key string) *node {
	for _, k := range strings.Split(strings.ReplaceAll(key, "[", ".["), ".") {
		var next *node
		if i, err := strconv.Atoi(strings.Trim(k, "[]")); err == nil && n != nil && n.isList && i >= 0 && i < len(n.list) {
			next = n.list[i]
		} else if n.isTable() {
			next = n.table[k]
		}
		if next == nil {
			break
		}
		n = next
	}
	return n
}

// put sets the node at the path and makes the tables on the way. It reports
// false when something that is not a table is in the way.
func (n *node) put(path []string, v *node) bool {
	for _, k := range path[:len(path)-1] {
		next := n.table[k]
		if next.isNull() {
			next = &node{table: map[string]*node{}, at: v.at}
			n.table[k] = next
		}
		if !next.isTable() {
			return false
		}
		n = next
	}
	n.table[path[len(path)-1]] = v
	return true
}

// restore puts back what another tree has at the path.
func (n *node) restore(path []string, from *node) {
	old := from.find(path)
	if old == nil {
		old = &node{} // null: the default
	}
	n.put(path, old)
}

// overlay lays upper over lower: tables are merged key by key, everything else
// (lists too) is replaced. Neither argument is used afterwards.
func overlay(lower, upper *node) *node {
	if !lower.isTable() || !upper.isTable() {
		return upper
	}
	for k, v := range upper.table {
		if old := lower.table[k]; old != nil {
			v = overlay(old, v)
		}
		lower.table[k] = v
	}
	return lower
}
