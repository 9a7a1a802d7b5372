package override

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// A variable does not show how a key is written. An entry that only a variable has
// gets a key in lower case, with the underscores of the variable; lower-case
// letters in the variable keep the key as it is: APP_TENANTS_Google_SECRET.

// making follows the rest of a variable's name into an entry that does not exist.
// Its key is the shortest one after which a valid rest follows.
func making(e entry, n *document.Node, rest string, beside []string) (entry, bool) {
	for i := 1; i <= len(rest); i++ {
		if i < len(rest) && (rest[i] != '_' || i == len(rest)-1) {
			continue
		}
		key := rest[:i]
		if !strings.ContainsFunc(key, unicode.IsLower) {
			key = strings.ToLower(key)
		}
		if !bind.IsKeyText(key, e.typ.Key()) {
			continue
		}
		next, child := step(e, n, key, e.typ.Elem())
		next.made = &Entry{Key: next.key, Name: key, Beside: beside}
		if found, ok := find(next, child, reflect.Value{}, strings.TrimPrefix(rest[i:], "_")); ok {
			if !child.IsNull() { // made by the previous variable
				found.made = e.made
			}
			return found, true
		}
	}
	return e, false
}

// makes reports whether a variable may make an entry. It may not if Kubernetes sets
// it, if it is for a whole table and does not hold one, or if it belongs to a
// setting with a longer name.
func (s Sources) makes(name string, e entry, set Setting, settings []Setting) bool {
	text := s.Env[name]
	if SetByKubernetes(name, text) || e.json && !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return false
	}
	return !slices.ContainsFunc(settings, func(o Setting) bool {
		return len(o.Path) > 0 && len(s.Variable(o.Path)) > len(s.Variable(set.Path)) && strings.HasPrefix(name, s.Variable(o.Path)+"_") && hasEntries(o.Type)
	})
}
