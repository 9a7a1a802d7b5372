package config

import (
	"encoding/base64"
	"fmt"
	"math"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text returns what a value that is written as one word looks like in a file. A
// secret has none.
func text(v reflect.Value) (string, bool) {
	switch x := v.Interface().(type) {
	case Secret:
		return "", false
	case time.Duration:
		return x.String(), true
	case FileRef:
		return x.Path(), true
	case url.URL:
		return x.String(), true
	case net.IPNet:
		if x.IP == nil {
			return "", true
		}
		return x.String(), true
	case net.HardwareAddr:
		return x.String(), true
	}
	if isBytes(v.Type()) && !reflect.PointerTo(v.Type()).Implements(textType) {
		return base64.StdEncoding.EncodeToString(v.Bytes()), true
	}
	b, ok := marshalled(v)
	return string(b), ok
}

// show writes a value on one line, as an operator would write it into a file of
// YAML.
func show(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case Secret:
		return strconv.Quote(x.String())
	case time.Duration:
		return x.String()
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return "null"
		}
		return show(v.Elem())
	}
	if isScalar(v.Type()) {
		if s, ok := text(v); ok {
			return strconv.Quote(s)
		}
	}
	switch v.Kind() {
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Float32, reflect.Float64:
		return showFloat(v.Float(), v.Type().Bits())
	case reflect.Slice, reflect.Array:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = show(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Map:
		parts := make([]string, 0, v.Len())
		for it := v.MapRange(); it.Next(); {
			parts = append(parts, strconv.Quote(keyText(it.Key()))+": "+show(it.Value()))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Struct:
		if isScalar(v.Type()) {
			break
		}
		sh, _ := shapeOf(v.Type())
		var parts []string
		for _, m := range sh.members {
			parts = append(parts, m.key+": "+show(m.in(v)))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v.Interface())
}

func showFloat(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	case math.IsNaN(f):
		return ".nan"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// keyText writes the key of a map.
func keyText(v reflect.Value) string {
	if v.Kind() == reflect.String && !reflect.PointerTo(v.Type()).Implements(textType) {
		return v.String()
	}
	if b, ok := marshalled(v); ok {
		return string(b)
	}
	return fmt.Sprint(v.Interface())
}
