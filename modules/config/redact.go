package config

import (
	"errors"
	"reflect"
	"slices"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// This file keeps secrets out of messages about values of the wrong shape.

// garbled says that a text is no list or table, without a word of it when it
// should have held secrets.
func (d *decoder) malformed(n *document.Node, t reflect.Type, key string, err error, hint string) {
	if holdsSecrets(t) {
		err = errors.New("found something else")
	}
	d.fail(n, key, "expected "+typeName(t)+", "+err.Error(), hint, err)
}

// showFor describes n in a message about a setting of type t.
func showFor(n *document.Node, t reflect.Type) string {
	if _, ok := n.Value.(string); ok && holdsSecrets(t) {
		return "text"
	}
	return n.Show()
}

// holdsSecrets looks for a Secret in what a list or a map is made of.
func holdsSecrets(t reflect.Type) bool { return holds(t, secretType, nil) }

// holds looks for a type in what another is made of.
func holds(t, want reflect.Type, above []reflect.Type) bool {
	switch {
	case t == want:
		return true
	case slices.Contains(above, t) || isScalar(t):
		return false
	case t.Kind() == reflect.Struct:
		sh, _ := shapeOf(t)
		return slices.ContainsFunc(sh.members, func(m *member) bool { return holds(m.typ, want, append(above, t)) })
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array, t.Kind() == reflect.Map, t.Kind() == reflect.Pointer:
		return holds(t.Elem(), want, append(above, t))
	}
	return false
}
