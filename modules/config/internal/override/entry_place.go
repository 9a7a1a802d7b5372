package override

import (
	"reflect"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A list, a map and an optional block are one setting each, but their parts have
// variables as well, above all secrets: APP_TENANTS_GOOGLE_SECRET, or the same with
// _FILE at the end, is the secret of the entry google of tenants. An element of a
// list goes by its index, from 0, and has to exist.

// An entry is a place in a setting that consists of several values.
type entry struct {
	key  string
	typ  reflect.Type
	set  func(*document.Node)
	file bool   // the variable names a file
	made *Entry // the entry of a map that the variable makes; nil if it exists
	json bool   // the variable is that of a whole table, and not of a value in it
}

// An Entry is an entry of a map that a variable has made.
type Entry struct {
	Key    string   // "tenants.google"
	Name   string   // "google"
	Beside []string // the other keys of the map
}

// hasEntries reports whether a setting consists of several values.
func hasEntries(t reflect.Type) bool {
	switch {
	case bind.IsScalar(t):
		return false
	case t.Kind() == reflect.Pointer:
		return hasEntries(t.Elem()) || t.Elem().Kind() == reflect.Struct && !bind.IsScalar(t.Elem())
	}
	return t.Kind() == reflect.Map || t.Kind() == reflect.Slice || t.Kind() == reflect.Array
}

// step goes from e, which has the value n, to the value of a key in it.
func step(e entry, n *document.Node, k string, typ reflect.Type) (next entry, child *document.Node) {
	next = entry{key: e.key + "." + k, typ: typ, made: e.made, set: func(v *document.Node) {
		if n.IsTable() {
			n.Table[k] = v
			return
		}
		e.set(&document.Node{Table: map[string]*document.Node{k: v}, At: v.At})
	}}
	if n.IsTable() {
		child = n.Table[k]
	}
	return next, child
}

// opened reads the table that another variable gives as JSON, so that a variable
// for a value in it does not replace all of it.
func opened(e entry, n *document.Node) *document.Node {
	if n == nil || !n.Loose {
		return n
	}
	text, _ := n.Value.(string)
	table, err := document.FromJSON(text, n)
	if err != nil || !table.IsTable() {
		return n // decoding reports it
	}
	e.set(table)
	return table
}
