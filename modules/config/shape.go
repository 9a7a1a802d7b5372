package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// A shape is what a struct type looks like in a file: its keys, in the order
// of its fields. The tags are
//
//	config:"read_timeout"  the key; the field's name in snake case by default; "-" none
//	reload:"restart"       a change waits for a restart; "live" is the default
//	doc:"..."              one line for sample file and schema
//	unit:"..."             what a number counts, for sample file and schema
//
// Embedded structs give their keys to the struct around them.
type shape struct {
	members []*member
	byKey   map[string]*member
}

type member struct {
	key     string
	index   []int // for reflect.Value.FieldByIndex
	typ     reflect.Type
	doc     string
	unit    string
	restart bool
	sub     *shape // the keys below, when the field is a struct
}

func (sh *shape) keys() []string {
	keys := make([]string, len(sh.members))
	for i, m := range sh.members {
		keys[i] = m.key
	}
	return keys
}

var (
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	secretType   = reflect.TypeFor[Secret]()
	fileRefType  = reflect.TypeFor[FileRef]()
	anyType      = reflect.TypeFor[any]()
)

// isScalar reports whether a value of the type is written as one word.
func isScalar(t reflect.Type) bool {
	if t == secretType || t == fileRefType || reflect.PointerTo(t).Implements(textType) {
		return true
	}
	switch k := t.Kind(); k {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64:
		return true
	default:
		return k >= reflect.Int && k <= reflect.Uint64
	}
}

func shapeOf(t reflect.Type) (*shape, []error) {
	sh := &shape{byKey: map[string]*member{}}
	errs := sh.read(t, nil, false, map[reflect.Type]bool{})
	return sh, errs
}

func (sh *shape) read(t reflect.Type, index []int, restart bool, above map[reflect.Type]bool) (errs []error) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("config"), ",")
		if key == "-" || !f.IsExported() && !(f.Anonymous && f.Type.Kind() == reflect.Struct) {
			continue
		}
		at := append(index[:len(index):len(index)], i)
		class := f.Tag.Get("reload")
		if class != "" && class != "restart" && class != "live" {
			errs = append(errs, fmt.Errorf(`field %s: reload:%q is neither "live" nor "restart"`, f.Name, class))
		}
		m := &member{key: key, index: at, typ: f.Type, doc: f.Tag.Get("doc"), unit: f.Tag.Get("unit"),
			restart: class == "restart" || restart && class != "live"}
		if f.Anonymous && key == "" && f.Type.Kind() == reflect.Struct && !isScalar(f.Type) {
			errs = append(errs, sh.read(f.Type, at, m.restart, above)...)
			continue
		}
		if m.key == "" {
			m.key = snake(f.Name)
		}
		if strings.ContainsAny(m.key, ". []") {
			errs = append(errs, fmt.Errorf("field %s: a key has no dots, blanks or brackets: %q", f.Name, m.key))
		}
		if sh.byKey[m.key] != nil {
			errs = append(errs, fmt.Errorf("field %s: the key %q is taken by another field", f.Name, m.key))
			continue
		}
		sh.byKey[m.key] = m
		sh.members = append(sh.members, m)
		if f.Type.Kind() == reflect.Struct && !isScalar(f.Type) {
			m.sub = &shape{byKey: map[string]*member{}}
			errs = append(errs, m.sub.read(f.Type, nil, m.restart, above)...)
		} else if err := readable(f.Type, m, above); err != nil {
			errs = append(errs, fmt.Errorf("field %s: %w", f.Name, err))
		}
	}
	return errs
}

// readable says why a type cannot be read from a file, if so. A restart-only
// field anywhere inside a list or a map makes the whole of it restart-only:
// elements have no identity by which one could keep its old value.
func readable(t reflect.Type, m *member, above map[reflect.Type]bool) error {
	switch {
	case isScalar(t), t == anyType:
		return nil
	case t.Kind() == reflect.Pointer && isScalar(t.Elem()):
		return nil
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		return readable(t.Elem(), m, above)
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		return readable(t.Elem(), m, above)
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		return fmt.Errorf("%s: use a struct value instead of a pointer", t)
	case t.Kind() != reflect.Struct:
		return fmt.Errorf(`%s cannot be read from a configuration; tag it config:"-" or give it UnmarshalText`, t)
	case above[t]:
		return nil // a type that contains itself was looked at already
	}
	above[t] = true
	inner := &shape{byKey: map[string]*member{}}
	errs := inner.read(t, nil, false, above)
	for _, im := range inner.members {
		m.restart = m.restart || im.restart || im.sub != nil && anyRestart(im.sub)
	}
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}

func anyRestart(sh *shape) bool {
	for _, m := range sh.members {
		if m.restart || m.sub != nil && anyRestart(m.sub) {
			return true
		}
	}
	return false
}

// snake turns ReadTimeout into read_timeout and TLSCert into tls_cert.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 {
			next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if unicode.IsLower(runes[i-1]) || unicode.IsDigit(runes[i-1]) || next {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
