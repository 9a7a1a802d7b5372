package bind

import (
	"math"
	"reflect"

	"github.com/gracefulfx/graceful/modules/config/internal/document"
)

// Plain returns a default as a file would hold it. It returns nil for secrets, and
// for a default that cannot be written down and read again.
func Plain(v reflect.Value) any {
	t := v.Type()
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return Plain(v.Elem())
	}
	if IsSecret(t) || HoldsSecrets(t) && !empties(v) {
		return nil
	}
	if IsScalar(t) {
		return plainScalar(v)
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		out := make([]any, v.Len())
		for i := range out {
			if out[i] = Plain(v.Index(i)); out[i] == nil {
				return nil // an element of a list has no default
			}
		}
		return out
	case reflect.Map:
		out := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			key := KeyText(it.Key())
			if out[key] = Plain(it.Value()); out[key] == nil {
				return nil // null removes an entry
			}
		}
		return out
	case reflect.Struct:
		out := map[string]any{}
		sh, _ := ShapeOf(t)
		for _, m := range sh.Members {
			if p := Plain(m.In(v)); p != nil {
				out[m.Key] = p
			}
		}
		return out
	}
	return v.Interface()
}

func plainScalar(v reflect.Value) any {
	if s, ok := text(v); ok {
		if v.IsZero() && (v.Kind() == reflect.Struct || s == "") && v.Type() != DurationType {
			return nil // its text may be unreadable
		}
		return writable(s)
	}
	switch v.Kind() {
	case reflect.String:
		return writable(v.String())
	case reflect.Float32, reflect.Float64:
		if math.IsNaN(v.Float()) {
			return nil // no setting can be
		}
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map, reflect.Func, reflect.Chan:
		return nil // read from a text, and without one
	}
	return v.Interface()
}

// writable returns the text, unless a file with it would be refused.
func writable(s string) any {
	if placeholder(&document.Node{Value: s, At: document.Origin{Kind: "file"}}) {
		return nil
	}
	return s
}

// empties reports whether a list or a map is empty.
func empties(v reflect.Value) bool {
	k := v.Kind()
	return (k == reflect.Slice || k == reflect.Map) && v.Len() == 0 || k == reflect.Struct
}
