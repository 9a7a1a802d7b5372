package bind

import (
	"bytes"
	"encoding"
	"fmt"
	"reflect"
	"time"
)

// IsOpaque reports whether values of a type can be compared only by their text in
// the document.
func IsOpaque(t reflect.Type) bool { return hasOpaque(t, nil) && !holds(t, IsFileRef, nil) }

// Equal compares two values of one type: by their method Equal, else by their text,
// else by their parts. Fields that are not settings do not count.
func Equal(a, b reflect.Value) bool {
	if x, ok := a.Interface().(time.Time); ok {
		return x.Equal(b.Interface().(time.Time))
	}
	switch {
	case IsFileRef(a.Type()):
		return fileOf(a).equal(fileOf(b))
	case IsSecret(a.Type()):
		return secretOf(a).Equal(secretOf(b).Reveal())
	}
	if k := a.Kind(); k == reflect.Pointer || k == reflect.Interface {
		switch {
		case a.IsNil() || b.IsNil():
			return a.IsNil() && b.IsNil()
		case a.Elem().Type() != b.Elem().Type():
			return false
		}
		return Equal(a.Elem(), b.Elem())
	}
	if same, ok := byEqual(a, b); ok {
		return same
	}
	if x, ok := marshalled(a); ok {
		y, ok := marshalled(b)
		return ok && bytes.Equal(x, y)
	}
	switch a.Kind() {
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() { // nil or empty makes no difference
			return false
		}
		for i := range a.Len() {
			if !Equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for it := a.MapRange(); it.Next(); {
			if other := b.MapIndex(it.Key()); !other.IsValid() || !Equal(it.Value(), other) {
				return false
			}
		}
		return true
	case reflect.Struct:
		if IsScalar(a.Type()) {
			break
		}
		sh, _ := ShapeOf(a.Type())
		for _, m := range sh.Members {
			if !Equal(m.In(a), m.In(b)) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// byEqual compares by a method Equal of the type, if it has one that takes another
// value of the type.
func byEqual(a, b reflect.Value) (equal, ok bool) {
	method := addressed(a).MethodByName("Equal")
	if !method.IsValid() {
		return false, false
	}
	t := method.Type()
	if t.NumIn() != 1 || t.NumOut() != 1 || t.Out(0).Kind() != reflect.Bool {
		return false, false
	}
	switch arg := addressed(b); t.In(0) {
	case arg.Type():
		return method.Call([]reflect.Value{arg})[0].Bool(), true
	case arg.Elem().Type():
		return method.Call([]reflect.Value{arg.Elem()})[0].Bool(), true
	}
	return false, false
}

// addressed returns a pointer to a copy of the value.
func addressed(v reflect.Value) reflect.Value {
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p
}

// marshalled returns the text of a value whose type is read from a text.
func marshalled(v reflect.Value) (text []byte, ok bool) {
	if !reflect.PointerTo(v.Type()).Implements(TextType) {
		return nil, false
	}
	switch x := addressed(v).Interface().(type) {
	case encoding.TextMarshaler:
		text, err := x.MarshalText()
		return text, err == nil
	case fmt.Stringer:
		return []byte(x.String()), true
	}
	return nil, false
}

// hasOpaque reports whether a type contains values that are read from a text and
// can neither be compared nor be written.
func hasOpaque(t reflect.Type, above []reflect.Type) bool {
	for _, a := range above {
		if a == t {
			return false
		}
	}
	above = append(above, t)
	if reflect.PointerTo(t).Implements(TextType) {
		_, equals := reflect.PointerTo(t).MethodByName("Equal")
		return !equals && !reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextMarshaler]()) &&
			!reflect.PointerTo(t).Implements(reflect.TypeFor[fmt.Stringer]())
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return hasOpaque(t.Elem(), above)
	case reflect.Struct:
		if IsScalar(t) {
			return false
		}
		sh, _ := ShapeOf(t)
		for _, m := range sh.Members {
			if hasOpaque(m.Type, above) {
				return true
			}
		}
	}
	return false
}
