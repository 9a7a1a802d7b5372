package config

import (
	"encoding"
	"net"
	"net/url"
	"reflect"
	"time"
)

var (
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	secretType   = reflect.TypeFor[Secret]()
	fileRefType  = reflect.TypeFor[FileRef]()
	anyType      = reflect.TypeFor[any]()
	urlType      = reflect.TypeFor[url.URL]()
	ipNetType    = reflect.TypeFor[net.IPNet]()
	macType      = reflect.TypeFor[net.HardwareAddr]()
)

// isScalar reports whether a value of the type is written as one word.
func isScalar(t reflect.Type) bool {
	switch t {
	case secretType, fileRefType, urlType, ipNetType, macType:
		return true
	}
	if reflect.PointerTo(t).Implements(textType) || isBytes(t) {
		return true
	}
	switch k := t.Kind(); k {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64:
		return true
	default:
		return k >= reflect.Int && k <= reflect.Uint64
	}
}

// isBytes reports whether a type is []byte, which is written in base64.
func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

// isKey reports whether a type can be the key of a map.
func isKey(t reflect.Type) bool {
	k := t.Kind()
	return reflect.PointerTo(t).Implements(textType) || k == reflect.String || k >= reflect.Int && k <= reflect.Uint64
}

// newDefault returns a pointer to a new value with its defaults: those that a
// method SetDefaults of the pointer sets, for an optional block, an element of a
// list or an entry of a map.
func newDefault(t reflect.Type) reflect.Value {
	p := reflect.New(t)
	if d, ok := p.Interface().(interface{ SetDefaults() }); ok {
		d.SetDefaults()
	}
	return p
}
