package config

import (
	"fmt"
	"reflect"
	"strings"
)

// A shape is what a struct type looks like in a file: its keys, in the order
// of its fields. The tags are
//
//	config:"read_timeout"  the key; by default the field's name in snake case; "-" none
//	reload:"restart"       a change waits for a restart; "live" is the default
//	doc:"..."              one line for sample file and schema
//	unit:"..."             what a number counts, for sample file and schema
//	merge:"append"         a list of a later file is added to that of an earlier one
//	empty:"allow"          a file that holds the secret may be empty
//
// Embedded structs give their keys to the struct around them, embedded pointers to
// structs as well: they are made when one of their keys is there.
type shape struct {
	members []*member
	byKey   map[string]*member
	foreign []foreignTag // of its fields, and of what they are made of
}

type member struct {
	key        string
	index      []int // for in and make
	typ        reflect.Type
	doc        string
	unit       string
	restart    bool
	appends    bool
	allowEmpty bool
	sub        *shape // the keys below, when the field is a struct
}

// in returns the field inside the struct v, or the zero value of its type if an
// embedded pointer on the way is nil.
func (m *member) in(v reflect.Value) reflect.Value { return fieldIn(v, m.index, m.typ) }

func fieldIn(v reflect.Value, index []int, t reflect.Type) reflect.Value {
	f, err := v.FieldByIndexErr(index)
	if err != nil {
		return reflect.Zero(t)
	}
	return f
}

// reach returns the field inside the struct v, and makes the embedded pointers on
// the way.
func reach(v reflect.Value, index []int) reflect.Value {
	for i, x := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(newDefault(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return v
}

func (sh *shape) keys() []string {
	keys := make([]string, len(sh.members))
	for i, m := range sh.members {
		keys[i] = m.key
	}
	return keys
}

func shapeOf(t reflect.Type) (*shape, []error) {
	sh := &shape{byKey: map[string]*member{}}
	errs := sh.read(t, nil, false, map[reflect.Type]bool{})
	return sh, errs
}

// embedded returns the struct whose keys an embedded field gives to the struct
// around it, or nil.
func embedded(f reflect.StructField) reflect.Type {
	t := f.Type
	if t.Kind() == reflect.Pointer && f.IsExported() {
		t = t.Elem()
	}
	if !f.Anonymous || t.Kind() != reflect.Struct || isScalar(t) {
		return nil
	}
	return t
}

func (sh *shape) read(t reflect.Type, index []int, restart bool, above map[reflect.Type]bool) (errs []error) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, hasOptions := strings.Cut(f.Tag.Get("config"), ",")
		inner := embedded(f)
		if key == "-" || !f.IsExported() && inner == nil {
			continue
		}
		if hasOptions {
			errs = append(errs, fmt.Errorf("field %s: the tag config has no option %q; an embedded struct gives its keys to the struct around it without one", f.Name, options))
		}
		at := append(index[:len(index):len(index)], i)
		m, err := newMember(f, key, at, restart)
		if err != nil {
			errs = append(errs, err)
		}
		if inner != nil && key == "" {
			if f.Type.Kind() == reflect.Pointer {
				if above[inner] {
					errs = append(errs, fmt.Errorf("field %s: %s contains itself", f.Name, inner))
					continue
				}
				above[inner] = true
			}
			errs = append(errs, sh.read(inner, at, m.restart, above)...)
			continue
		}
		errs = append(errs, sh.add(f, m, above)...)
	}
	return errs
}

func newMember(f reflect.StructField, key string, index []int, restart bool) (*member, error) {
	m := &member{key: key, index: index, typ: f.Type, doc: f.Tag.Get("doc"), unit: f.Tag.Get("unit"),
		appends: f.Tag.Get("merge") == "append", allowEmpty: f.Tag.Get("empty") == "allow"}
	if m.key == "" {
		m.key = snake(f.Name)
	}
	class := f.Tag.Get("reload")
	m.restart = class == "restart" || restart && class != "live"
	switch {
	case class != "" && class != "restart" && class != "live":
		return m, fmt.Errorf(`field %s: reload:%q is neither "live" nor "restart"`, f.Name, class)
	case f.Tag.Get("merge") != "" && (!m.appends || f.Type.Kind() != reflect.Slice):
		return m, fmt.Errorf(`field %s: merge:"append" is all there is to merge, and for a list`, f.Name)
	case f.Tag.Get("empty") != "" && (!m.allowEmpty || f.Type != secretType):
		return m, fmt.Errorf(`field %s: empty:"allow" is all there is, and for a Secret`, f.Name)
	}
	return m, nil
}

// add adds a field with its key.
func (sh *shape) add(f reflect.StructField, m *member, above map[reflect.Type]bool) (errs []error) {
	if strings.ContainsAny(m.key, ". []") {
		errs = append(errs, fmt.Errorf("field %s: a key has no dots, blanks or brackets: %q", f.Name, m.key))
	}
	if sh.byKey[m.key] != nil {
		return append(errs, fmt.Errorf("field %s: the key %q is taken by another field", f.Name, m.key))
	}
	sh.foreign = append(sh.foreign, readForeign(f, m.key)...)
	sh.byKey[m.key] = m
	sh.members = append(sh.members, m)
	if f.Type.Kind() == reflect.Struct && !isScalar(f.Type) {
		m.sub = &shape{byKey: map[string]*member{}}
		errs = append(errs, m.sub.read(f.Type, nil, m.restart, above)...)
		sh.foreign = append(sh.foreign, m.sub.foreign...)
		return errs
	}
	inner, err := readable(f.Type, above)
	if err != nil {
		return append(errs, fmt.Errorf("field %s: %w", f.Name, err))
	}
	if inner != nil { // elements have no identity by which one could keep its old value
		m.restart = m.restart || inner.anyRestart()
		sh.foreign = append(sh.foreign, inner.foreign...)
	}
	return errs
}

// readable says why a type cannot be read from a file, if so. Of a list, a map or a
// pointer of structs it returns the shape of these.
func readable(t reflect.Type, above map[reflect.Type]bool) (*shape, error) {
	switch {
	case isScalar(t), t == anyType:
		return nil, nil
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		return readable(t.Elem(), above)
	case t.Kind() == reflect.Map && isKey(t.Key()):
		return readable(t.Elem(), above)
	case t.Kind() == reflect.Map:
		return nil, fmt.Errorf("%s cannot be read from a configuration: its keys are neither text nor whole numbers nor have UnmarshalText", t)
	case t.Kind() != reflect.Struct:
		return nil, fmt.Errorf(`%s cannot be read from a configuration; tag it config:"-" or give it UnmarshalText`, t)
	case above[t]:
		return nil, nil // a type that contains itself was looked at already
	}
	above[t] = true
	inner := &shape{byKey: map[string]*member{}}
	if errs := inner.read(t, nil, false, above); len(errs) > 0 {
		return nil, errs[0]
	}
	return inner, nil
}

func (sh *shape) anyRestart() bool {
	for _, m := range sh.members {
		if m.restart || m.sub != nil && m.sub.anyRestart() {
			return true
		}
	}
	return false
}
