package bind

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
//	list:"join"            a text may be written as a list, whose elements are joined
//	                       with commas
//
// Embedded structs give their keys to the struct around them, and so do embedded
// pointers to structs, which are allocated when one of their keys is present.
type Shape struct {
	Members []*Member
	ByKey   map[string]*Member
	Foreign []foreignTag // of its fields, and of what they are made of
}

// A Member is one key of a shape.
type Member struct {
	Key        string
	Index      []int // for in and make
	Type       reflect.Type
	Doc        string
	Unit       string
	Restart    bool
	Appends    bool
	AllowEmpty bool
	Joins      bool
	Sub        *Shape // the keys below, when the field is a struct
}

// Class says how a change of the setting takes effect: "live" or "restart".
func (m *Member) Class() string {
	if m.Restart {
		return "restart"
	}
	return "live"
}

// In returns the field inside the struct v, or the zero value of its type if an
// embedded pointer on the way is nil.
func (m *Member) In(v reflect.Value) reflect.Value { return FieldIn(v, m.Index, m.Type) }

// FieldIn returns the field at the index inside the struct v, or the zero value of
// t if an embedded pointer on the way is nil.
func FieldIn(v reflect.Value, index []int, t reflect.Type) reflect.Value {
	f, err := v.FieldByIndexErr(index)
	if err != nil {
		return reflect.Zero(t)
	}
	return f
}

// Reach returns the field inside the struct v, and allocates the embedded pointers
// on the way.
func Reach(v reflect.Value, index []int) reflect.Value {
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

// Keys returns the keys in the order of the fields.
func (sh *Shape) Keys() []string {
	keys := make([]string, len(sh.Members))
	for i, m := range sh.Members {
		keys[i] = m.Key
	}
	return keys
}

// ShapeOf returns the shape of a struct type, and the mistakes in its tags.
func ShapeOf(t reflect.Type) (*Shape, []error) {
	sh := &Shape{ByKey: map[string]*Member{}}
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
	if !f.Anonymous || t.Kind() != reflect.Struct || IsScalar(t) {
		return nil
	}
	return t
}

func (sh *Shape) read(t reflect.Type, index []int, restart bool, above map[reflect.Type]bool) (errs []error) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, options, hasOptions := strings.Cut(f.Tag.Get("config"), ",")
		inner := embedded(f)
		tags, err := readTags(f)
		switch {
		case err != nil:
			errs = append(errs, err)
			continue
		case key == "-":
			continue
		case !f.IsExported() && inner == nil:
			if key != "" {
				errs = append(errs, fmt.Errorf("field %s: it is tagged as a setting but not exported", f.Name))
			}
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
			sh.Foreign = append(sh.Foreign, readForeign(f, "", tags)...)
			if f.Type.Kind() == reflect.Pointer {
				if above[inner] {
					errs = append(errs, fmt.Errorf("field %s: %s contains itself", f.Name, inner))
					continue
				}
				above[inner] = true
			}
			errs = append(errs, sh.read(inner, at, m.Restart, above)...)
			continue
		}
		sh.Foreign = append(sh.Foreign, readForeign(f, m.Key, tags)...)
		errs = append(errs, sh.add(f, m, above)...)
	}
	return errs
}

func newMember(f reflect.StructField, key string, index []int, restart bool) (*Member, error) {
	m := &Member{Key: key, Index: index, Type: f.Type, Doc: f.Tag.Get("doc"), Unit: f.Tag.Get("unit"),
		Appends: f.Tag.Get("merge") == "append", AllowEmpty: f.Tag.Get("empty") == "allow", Joins: f.Tag.Get("list") == "join"}
	if m.Key == "" {
		m.Key = Snake(f.Name)
	}
	class, hasClass := f.Tag.Lookup("reload")
	_, merges := f.Tag.Lookup("merge")
	_, joins := f.Tag.Lookup("list")
	_, empties := f.Tag.Lookup("empty")
	m.Restart = class == "restart" || restart && class != "live"
	switch {
	case hasClass && class != "restart" && class != "live":
		return m, fmt.Errorf(`field %s: reload:%q is neither "live" nor "restart"`, f.Name, class)
	case merges && (!m.Appends || f.Type.Kind() != reflect.Slice):
		return m, fmt.Errorf(`field %s: merge:"append" is all there is to merge, and for a list`, f.Name)
	case joins && (!m.Joins || f.Type.Kind() != reflect.String || !IsScalar(f.Type) || IsSecret(f.Type)):
		return m, fmt.Errorf(`field %s: list:"join" is all there is, and for a text`, f.Name)
	case empties && (!m.AllowEmpty || !IsSecret(f.Type)):
		return m, fmt.Errorf(`field %s: empty:"allow" is all there is, and for a Secret`, f.Name)
	}
	return m, nil
}

// add adds a field with its key.
func (sh *Shape) add(f reflect.StructField, m *Member, above map[reflect.Type]bool) (errs []error) {
	if strings.ContainsAny(m.Key, ". []") {
		errs = append(errs, fmt.Errorf("field %s: a key has no dots, blanks or brackets: %q", f.Name, m.Key))
	}
	if sh.ByKey[m.Key] != nil {
		return append(errs, fmt.Errorf("field %s: the key %q is taken by another field", f.Name, m.Key))
	}
	sh.ByKey[m.Key] = m
	sh.Members = append(sh.Members, m)
	if f.Type.Kind() == reflect.Struct && !IsScalar(f.Type) {
		if holdsNothing(f.Type) {
			return append(errs, fmt.Errorf("field %s: %w", f.Name, unreadable(f.Type)))
		}
		m.Sub = &Shape{ByKey: map[string]*Member{}}
		errs = append(errs, m.Sub.read(f.Type, nil, m.Restart, above)...)
		sh.Foreign = append(sh.Foreign, m.Sub.Foreign...)
		return errs
	}
	inner, err := Readable(f.Type, above)
	if err != nil {
		return append(errs, fmt.Errorf("field %s: %w", f.Name, err))
	}
	if inner != nil { // elements have no identity by which an element could keep its old value
		m.Restart = m.Restart || inner.AnyRestart()
		sh.Foreign = append(sh.Foreign, inner.Foreign...)
	}
	return errs
}

// Readable returns an error if a type cannot be read from a file. For a list, a map
// or a pointer of structs it returns the shape of the struct.
func Readable(t reflect.Type, above map[reflect.Type]bool) (*Shape, error) {
	switch {
	case IsScalar(t), t == anyType:
		return nil, nil
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Array:
		return Readable(t.Elem(), above)
	case t.Kind() == reflect.Map && isKey(t.Key()):
		return Readable(t.Elem(), above)
	case t.Kind() == reflect.Map:
		return nil, fmt.Errorf("%s cannot be read from a configuration: its keys are neither text nor whole numbers nor have UnmarshalText", t)
	case t.Kind() != reflect.Struct || holdsNothing(t):
		return nil, unreadable(t)
	case above[t]:
		return nil, nil // a type that contains itself was examined already
	}
	above[t] = true
	inner := &Shape{ByKey: map[string]*Member{}}
	if errs := inner.read(t, nil, false, above); len(errs) > 0 {
		return nil, errs[0]
	}
	return inner, nil
}

// holdsNothing reports whether a struct has fields of which none can be set, such
// as time.Location, a lock or a logger.
func holdsNothing(t reflect.Type) bool {
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() || embedded(f) != nil {
			return false
		}
	}
	return t.NumField() > 0
}

func unreadable(t reflect.Type) error {
	return fmt.Errorf(`%s cannot be read from a configuration; give it UnmarshalText by a type around it, or tag the field config:"-"`, t)
}

// AnyRestart reports whether a change of any of the keys waits for a restart.
func (sh *Shape) AnyRestart() bool {
	for _, m := range sh.Members {
		if m.Restart || m.Sub != nil && m.Sub.AnyRestart() {
			return true
		}
	}
	return false
}
