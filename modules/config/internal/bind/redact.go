package bind

import (
	"errors"
	"reflect"
	"slices"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// This file keeps secrets out of messages about values of the wrong shape.

// garbled reports that a text is not a list or a table, without quoting it when it
// should have held secrets.
func (d *Decoder) malformed(n *document.Node, t reflect.Type, key string, err error, hint string) {
	if HoldsSecrets(t) {
		err = errors.New("found something else")
	}
	d.Fail(n, key, "expected "+TypeName(t)+", "+err.Error(), hint, err)
}

// showFor describes n in a message about a setting of type t.
func showFor(n *document.Node, t reflect.Type) string {
	if _, ok := n.Value.(string); ok && HoldsSecrets(t) {
		return "text"
	}
	return n.Show()
}

// HoldsSecrets reports whether a list or a map may contain a Secret.
func HoldsSecrets(t reflect.Type) bool { return holds(t, IsSecret, nil) }

// holds reports whether a type contains another.
func holds(t reflect.Type, want func(reflect.Type) bool, above []reflect.Type) bool {
	switch {
	case want(t):
		return true
	case slices.Contains(above, t) || IsScalar(t):
		return false
	case t.Kind() == reflect.Struct:
		sh, _ := ShapeOf(t)
		return slices.ContainsFunc(sh.Members, func(m *Member) bool { return holds(m.Type, want, append(above, t)) })
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array, t.Kind() == reflect.Map, t.Kind() == reflect.Pointer:
		return holds(t.Elem(), want, append(above, t))
	}
	return false
}
