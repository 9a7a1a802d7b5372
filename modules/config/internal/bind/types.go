package bind

import (
	"encoding"
	"net"
	"net/url"
	"reflect"
	"time"
)

// Types that are read in a special way.
var (
	TextType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	DurationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	anyType      = reflect.TypeFor[any]()
	URLType      = reflect.TypeFor[url.URL]()
	IPNetType    = reflect.TypeFor[net.IPNet]()
	MacType      = reflect.TypeFor[net.HardwareAddr]()
)

// IsScalar reports whether a value of the type is written as one word.
func IsScalar(t reflect.Type) bool {
	switch t {
	case URLType, IPNetType, MacType:
		return true
	}
	if IsSecret(t) || IsFileRef(t) || reflect.PointerTo(t).Implements(TextType) || IsBytes(t) {
		return true
	}
	switch k := t.Kind(); k {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64:
		return true
	default:
		return k >= reflect.Int && k <= reflect.Uint64
	}
}

// IsBytes reports whether a type is []byte, which is written in base64.
func IsBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

// isKey reports whether a type can be the key of a map.
func isKey(t reflect.Type) bool {
	k := t.Kind()
	return reflect.PointerTo(t).Implements(TextType) || k == reflect.String || k >= reflect.Int && k <= reflect.Uint64
}

// newDefault returns a pointer to a new value for an optional block, an element of
// a list or an entry of a map, with the defaults that the pointer's method
// SetDefaults sets.
func newDefault(t reflect.Type) reflect.Value {
	p := reflect.New(t)
	if d, ok := p.Interface().(interface{ SetDefaults() }); ok {
		d.SetDefaults()
	}
	return p
}
